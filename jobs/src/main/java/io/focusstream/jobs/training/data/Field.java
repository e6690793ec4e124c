package io.focusstream.jobs.training.data;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Something that logs say of things.
 *
 * @param name one name for all spellings
 * @param written names as logs write them
 * @param spoken names as people say them
 * @param maker values
 * @param templates whole questions, with {@code {k}} for the thing
 */
record Field(
    String name,
    List<String> written,
    List<String> spoken,
    Function<Rng, String> maker,
    List<String> templates) {

  private static final Map<String, Field> ALL = new LinkedHashMap<>();

  static Field of(String name) {
    Field field = ALL.get(name);
    if (field == null) {
      throw new IllegalArgumentException("no field " + name);
    }
    return field;
  }

  /** The field of that name, or null. */
  static Field known(String name) {
    return ALL.get(name);
  }

  static List<Field> all() {
    return List.copyOf(ALL.values());
  }

  private static void def(
      String name,
      String written,
      String spoken,
      Function<Rng, String> maker,
      String... templates) {
    List<String> names = new ArrayList<>(List.of(written.split(",")));
    List<String> said = new ArrayList<>(List.of(spoken.split(",")));
    ALL.put(
        name, new Field(name, List.copyOf(names), List.copyOf(said), maker, List.of(templates)));
  }

  static {
    def(
        "status",
        "status,state,st,result,outcome",
        "status,state,result",
        r -> r.pick(Words.STATES),
        "What is the status of {k}?",
        "what state is {k} in",
        "What happened to {k}?",
        "how did {k} end");
    def(
        "user",
        "user,username,uid,usr,by,owner,login",
        "user,user name",
        r -> r.pick(Words.NAMES),
        "Which user ran {k}?",
        "Who is the user of {k}?",
        "who ran {k}",
        "Who started {k}?",
        "who owns {k}",
        "who was behind {k}",
        "Who used {k}?");
    def(
        "host",
        "host,hostname,node,server,machine",
        "host,machine,server",
        Values::host,
        "Which host handled {k}?",
        "Where did {k} run?",
        "on which host was {k}",
        "which machine ran {k}",
        "what host is {k} on");
    def(
        "duration",
        "duration,took,elapsed,latency,time_ms,duration_ms,durationMs,rt",
        "duration,latency,elapsed time",
        Values::duration,
        "How long did {k} take?",
        "how long was {k}",
        "What was the duration of {k}?",
        "how much time did {k} need");
    def(
        "size",
        "size,bytes,length,len,sz,payload",
        "size,number of bytes",
        Values::size,
        "How big is {k}?",
        "how large was {k}",
        "How many bytes did {k} have?",
        "what size is {k}");
    def(
        "code",
        "code,exit_code,exitCode,rc,exit",
        "exit code,code,return code",
        r -> r.chance(0.7) ? r.number(r.between(1, 3)) : r.number(r.between(1, 5)),
        "What code did {k} return?",
        "what was the exit code of {k}",
        "with which code did {k} end?");
    def(
        "error",
        "error,err,errno,error_code,errorCode",
        "error,error code",
        Values::errorCode,
        "What error did {k} have?",
        "which error hit {k}",
        "What went wrong with {k}?",
        "error in {k}");
    def(
        "client",
        "client,client_ip,ip,remote,addr,src,peer,from",
        "client,client address,ip,address",
        Values::ip,
        "What is the ip of {k}?",
        "Which client sent {k}?",
        "where did {k} come from",
        "Which address did {k} use?");
    def(
        "path",
        "path,file,filename,target,location",
        "path,file",
        Values::path,
        "Which file did {k} use?",
        "what file is {k}",
        "What path did {k} write?");
    def(
        "url",
        "url,uri,endpoint,route",
        "url,endpoint",
        Values::url,
        "Which url did {k} call?",
        "what endpoint did {k} hit");
    def(
        "version",
        "version,ver,rev,build,release",
        "version,release",
        Values::version,
        "What version is {k}?",
        "which version does {k} have",
        "what release is {k} on");
    def(
        "port",
        "port,listen,lport",
        "port",
        r -> String.valueOf(r.between(22, 65000)),
        "Which port does {k} use?",
        "what port is {k} on",
        "On which port does {k} listen?");
    def(
        "region",
        "region,zone,dc,datacenter,site",
        "region,site",
        r ->
            r.chance(0.5)
                ? r.pick(Words.CITIES)
                : r.pick("eu", "us", "ap", "sa")
                    + "-"
                    + r.pick("west", "east", "north", "south", "central")
                    + "-"
                    + r.between(1, 4),
        "Which region is {k} in?",
        "in which region was {k}");
    def(
        "retries",
        "retries,attempt,attempts,tries,retry",
        "retries,attempts,number of attempts",
        r -> String.valueOf(r.between(0, 60)),
        "How many retries did {k} need?",
        "how often was {k} tried",
        "How many attempts for {k}?");
    def(
        "reason",
        "reason,cause,msg,detail,why",
        "reason,cause",
        Values::reason,
        "Why did {k} fail?",
        "What is the reason for {k}?",
        "why {k}",
        "what caused {k}");
    def(
        "amount",
        "amount,total,price,sum,cost",
        "amount,total,price",
        Values::amount,
        "How much was {k}?",
        "What is the amount of {k}?",
        "how much did {k} cost",
        "what did {k} cost?");
    def(
        "count",
        "count,items,records,rows,n,num,entries",
        "count,number of records,number of items",
        r -> r.number(r.between(1, 6)),
        "How many records did {k} have?",
        "how many items in {k}",
        "How many rows for {k}?");
    def(
        "queue",
        "queue,topic,channel,stream",
        "queue,topic",
        r -> r.chance(0.5) ? r.pick(Words.NOUNS) : Values.slug(r),
        "Which queue is {k} on?",
        "what topic did {k} go to",
        "into which queue went {k}?");
    def(
        "service",
        "service,svc,app,component,module",
        "service,component",
        r ->
            r.chance(0.5)
                ? r.pick(Words.NOUNS) + r.pick("-service", "-api", "svc", "d", "-worker")
                : r.pick(Words.NOUNS),
        "Which service handled {k}?",
        "what service is {k} from",
        "which component is {k} from");
    def(
        "email",
        "email,mail,contact",
        "email,mail address",
        Values::email,
        "What is the email of {k}?",
        "what mail address has {k}");
    def(
        "session",
        "session,sid,session_id,sess",
        "session",
        r -> r.chance(0.5) ? r.hex(r.pick(6, 8, 12)) : "s" + r.number(5),
        "Which session belongs to {k}?",
        "what is the session of {k}");
    def(
        "trace",
        "trace,trace_id,traceId,correlation,span",
        "trace id,trace",
        r -> r.hex(r.pick(8, 12, 16)),
        "What is the trace id of {k}?",
        "which trace has {k}");
    def(
        "uuid",
        "uuid,guid,ref,token",
        "uuid,reference,token",
        Values::uuid,
        "what is the uuid of {k}");
    def(
        "priority",
        "priority,prio,severity,sev,level",
        "priority,severity",
        r ->
            r.pick(
                "low",
                "medium",
                "high",
                "critical",
                "urgent",
                "normal",
                "minor",
                "major",
                "P1",
                "P2",
                "P3",
                "P4"),
        "What priority has {k}?",
        "how urgent is {k}",
        "how severe is {k}");
    def(
        "temperature",
        "temp,temperature,value,reading",
        "temperature,reading",
        r -> r.between(-20, 120) + "." + r.digits(r.between(1, 2)) + r.pick("", "C", ""),
        "What is the temperature of {k}?",
        "how hot is {k}",
        "what does {k} read");
    def(
        "percent",
        "cpu,load,usage,util,percent,progress",
        "cpu,usage,load,progress",
        r -> r.between(0, 100) + (r.chance(0.4) ? "." + r.digits(1) : "") + r.pick("%", "%", ""),
        "What is the usage of {k}?",
        "how loaded is {k}",
        "how far is {k}");
    def(
        "offset",
        "offset,lsn,position,seq,sequence",
        "offset,position,sequence number",
        r -> r.number(r.between(3, 9)),
        "What offset has {k}?",
        "at which offset is {k}",
        "how far did {k} get");
    def(
        "partition",
        "partition,shard,bucket,slot",
        "partition,shard",
        r -> String.valueOf(r.below(r.pick(16, 128, 1000))),
        "Which partition has {k}?",
        "in which shard is {k}",
        "What partition is {k}?");
    def(
        "pid",
        "pid,thread,worker,tid",
        "pid,process id",
        r -> r.number(r.between(2, 5)),
        "What is the pid of {k}?",
        "which process runs {k}");
    def(
        "color",
        "color,colour,tag,label",
        "color,label",
        r -> r.pick(Words.COLORS),
        "What color is {k}?",
        "which color has {k}");
    def(
        "city",
        "city,location,dest,destination",
        "city,destination",
        r -> r.pick(Words.CITIES),
        "To which city goes {k}?",
        "Where is {k} going?",
        "what city is {k} in");
    def(
        "method",
        "method,verb,op,action,operation",
        "method,action,operation",
        r ->
            r.pick(
                "GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "read", "write", "delete",
                "create", "update", "list", "copy"),
        "Which method did {k} use?",
        "what action was {k}");
    def(
        "key",
        "key,id,name,code_name",
        "key,name",
        r -> Words.invented(r) + r.digits(r.below(3)),
        "What is the key of {k}?",
        "what is {k} called");
    def(
        "phone",
        "phone,tel,ext",
        "phone number,extension",
        r -> r.number(r.between(3, 9)),
        "What is the phone number of {k}?",
        "how can {k} be called");
    def(
        "secret",
        "secret,pin,passcode,access_code",
        "pin,access code,code word",
        r -> r.chance(0.6) ? r.digits(r.between(4, 8)) : r.pick(Words.NOUNS),
        "what is the pin of {k}");
    def("mac", "mac,hwaddr,device", "mac address", Values::mac, "what mac address has {k}");
    def(
        "word",
        "word,alias,tag,nick,codename",
        "alias,code name",
        r -> Words.any(r),
        "what is the alias of {k}");
  }
}
