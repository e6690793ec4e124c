package io.focusstream.jobs.training.data;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Log messages in words, written {@code kind> message with {id} and {field} | field: question ;
 * question | time(start time): question}. A field without questions of its own has those of {@link
 * Field}; a message without {@code {id}} says nothing that is asked.
 */
record ProseTemplates(
    String kind, List<String> pieces, Map<String, List<String>> questions, String timeWord) {

  static final List<ProseTemplates> ALL = new ArrayList<>();
  static final List<String> NOISE =
      List.of(
          "Starting {n} {n}",
          "Initializing {c}",
          "{c} started",
          "{c} stopped",
          "Shutting down {n}",
          "Loaded {d} {n}s",
          "no {n} found, using default",
          "Waiting for {n} to become ready",
          "heartbeat ok",
          "Cache miss for {n}",
          "GC pause {d}ms",
          "retrying in {d} ms",
          "Reloading configuration",
          "Using {n} {c}",
          "Registered {c} as {n}",
          "{n} {v}",
          "{a} {n} {v}",
          "Creating {a} {n}",
          "Closing {n} {n}",
          "connection pool size is {d}",
          "memory usage {d} MB",
          "flushed {d} records",
          "Scheduled {n} every {d} seconds",
          "{c}: entering {n}",
          "{c}: leaving {n}",
          "rebalance in progress",
          "Opened {a} {n} for {n}",
          "Verifying {n} {n}",
          "skipping {a} {n}",
          "{v} {d} of {d} {n}s",
          "Health check passed",
          "tick",
          "----",
          "{n} cleanup finished");

  private static final String TEXT =
      """
      job> Job {id} started by {user} on {host} | user: Who started {k}? ; who launched {k} | host: Where did {k} start? ; on what host does {k} run | time(start time): When did {k} start? ; when was {k} started
      job> Job {id} finished in {duration} with exit code {code} | code: How did {k} exit? | time(finish time): When did {k} finish? ; when did {k} end
      job> job {id} failed: {reason} | reason: Why did {k} fail? ; what made {k} fail ; reason of the failure of {k} | time(failure time): When did {k} fail? ; at what time did {k} fail
      job> Submitting job '{word}' ({id}). | word: What is the name of {k}? ; what is {k} called
      job> Job {word} ({id}) was submitted to {queue} with priority {priority} | word: What is the name of {k}? ; name of {k}
      request> Request {id} from {client} took {duration} and returned {code} | code: What did {k} return?
      request> {method} {url} id={id} status={code} bytes={size} duration={duration}
      request> handling request {id} for {user} ({method} {url})
      request> slow request {id}: {duration} on {service}
      user> user {id} logged in from {client} | client: From where did {k} log in? ; what ip did {k} log in from | time(login time): When did {k} log in?
      user> Failed password for {id} from {client} port {port} ssh2 | time(failed login time): When did the login of {k} fail?
      user> User {id} changed email to {email} | email: What email did {k} set? ; new email of {k}
      user> Accepted publickey for {id} from {client} port {port}
      user> account {id} locked after {retries} attempts by {user} | user: Who locked {k}?
      order> Order {id} placed by {user} for {amount} | user: Who placed {k}? ; who ordered {k} | amount: How much was {k}?
      order> order {id} shipped to {city} via {word} | city: Where was {k} shipped? ; to which city did {k} ship | word: Which carrier took {k}?
      order> Refunded {amount} for order {id} ({reason}) | amount: How much was refunded for {k}? | reason: Why was {k} refunded?
      payment> Payment {id} of {amount} declined: {reason} | reason: Why was {k} declined?
      payment> payment {id} accepted, amount {amount}, reference {uuid}
      invoice> Invoice {id} sent to {email}, total {amount} | email: Who got {k}? ; to whom was {k} sent
      session> Session {id} opened for user {user} from {client}
      session> session {id} expired after {duration} | time(expiry): When did {k} expire?
      file> Uploaded {id} ({size}) to {path} | path: Where was {k} uploaded? ; where is {k} stored | time(upload time): When was {k} uploaded?
      file> Deleted file {id} owned by {user} | user: Whose file was {k}? | time(deletion time): When was {k} deleted?
      file> Copied {path} to {id} in {duration}
      backup> Backup {id} completed: {count} files, {size} in {duration} | count: How many files are in {k}?
      backup> backup {id} of {service} written to {path} | path: Where was {k} written?
      container> Started container {id} with image {word}:{version} | version: Which image version runs in {k}? | word: Which image runs in {k}? ; what image does {k} use
      container> Container {id} exited with code {code} after {duration}
      pod> Successfully assigned default/{id} to {host} | host: To which node was {k} assigned? ; where was {k} scheduled
      pod> Back-off restarting failed container {word} in pod {id} | word: Which container fails in {k}?
      pod> Pulled image {word}:{version} for {id} in {duration} | word: Which image was pulled for {k}? | version: Which version was pulled for {k}?
      pod> pod {id} evicted: {reason} | reason: Why was {k} evicted?
      node> Node {id} joined the cluster with address {client}:{port} | client: What is the address of {k}? | time(join time): When did {k} join?
      node> node {id} is {status}, load {percent}
      node> Lost node {id}: {reason} | reason: Why was {k} lost? | time(loss time): When was {k} lost?
      device> Device {id} reports {temperature} at {city} | city: Where is {k}? | temperature: What does {k} report?
      device> battery of device {id} at {percent} | percent: How full is the battery of {k}? ; battery of {k}
      device> device {id} connected, firmware {version}, mac {mac} | version: Which firmware has {k}? ; firmware of {k}
      sensor> sensor {id} read {temperature} in {region} | temperature: What did {k} read?
      sensor> Sensor {id} out of range: {temperature} (limit {count}) | count: What is the limit of {k}? ; limit of {k}
      task> Task {id} assigned to worker {host} (attempt {retries}) | host: Which worker has {k}? ; who got {k}
      task> {id} ({word}) switched from CREATED to {status}. | word: What is the name of {k}?
      task> task {id} retried {retries} times, last error {error}
      topic> Created topic {id} with {count} partitions and replication factor {retries} | count: How many partitions has {k}? ; partitions of {k} | retries: What is the replication factor of {k}? ; replication factor of {k}
      topic> Deleted topic {id} on request of {user} | user: Who deleted {k}?
      partition> Leader for {id} is now {host} at epoch {count} | host: Who leads {k}? ; leader of {k} | count: What is the epoch of {k}?
      partition> [Partition {id}] High watermark moved to {offset} | offset: What is the high watermark of {k}?
      partition> Resetting offset for partition {id} to position {offset}.
      checkpoint> Completed checkpoint {id} for job {trace} ({size} bytes, duration={duration}). | size: How big was {k}? | duration: How long did {k} take? | trace: Which job did {k} belong to?
      checkpoint> Triggering checkpoint {id} of job {trace}
      transaction> Transaction {id} committed with {count} rows in {duration} | time(commit time): When was {k} committed?
      transaction> transaction {id} aborted by {user}: {reason} | user: Who aborted {k}? | reason: Why was {k} aborted?
      query> query {id} scanned {count} rows in {duration} | count: How many rows did {k} scan?
      query> Slow query {id} by {user}: {duration}
      connection> connection {id} from {client}:{port} closed: {reason} | reason: Why was {k} closed?
      connection> Accepted connection {id} from {client}:{port}
      deployment> {user} deployed {id} version {version} to {region} | user: Who deployed {k}? | region: Where was {k} deployed? | version: Which version of {k} was deployed? | time(deployment time): When was {k} deployed?
      deployment> Rollback of {id} to {version}: {reason} | reason: Why was {k} rolled back? | version: To which version was {k} rolled back?
      deployment> scaled {id} to {count} replicas | count: How many replicas has {k}? ; replicas of {k}
      build> Build {id} of {word} by {user}: {status} in {duration} | word: What does {k} build? | user: Who built {k}?
      build> build {id} failed at step {partition}: {reason} | partition: At which step did {k} fail? | reason: Why did {k} fail?
      ticket> Ticket {id} assigned to {user} with priority {priority} | user: Who has {k}? ; who works on {k} ; assignee of {k}
      ticket> ticket {id} closed by {user}: {reason} | user: Who closed {k}? | reason: Why was {k} closed?
      message> Message {id} published to {queue} at offset {offset} | queue: Where was {k} published?
      message> dropped message {id} from {service}: {reason} | reason: Why was {k} dropped?
      email> Sent mail {id} to {email} ({size} bytes) | email: To whom was {k} sent? ; recipient of {k}
      package> status installed {id} {version} | version: Which version of {k} was installed? ; what version of {k} is installed ; version of {k} | time(installation time): When was {k} installed?
      package> upgrade {id} {version} | time(upgrade time): When was {k} upgraded?
      package> Installed {id}-{version} from {word} repository | version: Which version of {k} was installed? | word: From which repository came {k}?
      package> Unpacking {id} ({version}) ... | version: Which version of {k} was unpacked?
      process> Started process {id} with pid {pid} listening on port {port} | pid: What is the pid of {k}?
      process> process {id} killed by signal {partition}, used {size} of memory | partition: What signal killed {k}? | size: How much memory did {k} use?
      service> {id}: Main process exited, code=exited, status={code} | code: With what status did {k} exit?
      service> Service {id} is listening on {client}:{port}
      service> {id} version: {version}
      service> Registered service {id} at {host}:{port} in {region}
      service> circuit breaker of {id} opened after {retries} failures | retries: After how many failures did the breaker of {k} open? | time(opening time): When did the breaker of {k} open?
      volume> Mounted volume {id} at {path} ({size}) | path: Where is {k} mounted?
      volume> volume {id} is {percent} full | percent: How full is {k}?
      disk> Disk {id} temperature {temperature}, {count} reallocated sectors | count: How many bad sectors has {k}?
      customer> Customer {id} ({word}) moved to {city} | word: What is {k} called? | city: Where did {k} move? ; where does {k} live now
      customer> customer {id} called from {phone} about a {color} {word} | color: What color did {k} ask about? | word: What did {k} ask about? | phone: What number did {k} call from?
      shipment> Shipment {id} left {city}, {count} parcels, weight {size} | city: Where did {k} start?
      shipment> shipment {id} delayed by {duration}: {reason} | duration: How late is {k}? | reason: Why is {k} delayed?
      test> Test {id} failed in {duration}: expected {count} but was {code} | count: What did {k} expect? | code: What did {k} get?
      test> {id} passed ({duration})
      lock> lock {id} held by {user} for {duration} | user: Who holds {k}? ; holder of {k} | duration: How long was {k} held?
      index> Rebuilt index {id}: {count} documents, {size}, {duration} | count: How many documents are in {k}?
      table> Table {id} compacted from {count} to {partition} files | partition: How many files has {k} now? | count: How many files had {k} before?
      worker> worker {id} picked up {word} from {queue} | word: What did {k} pick up? | queue: From where did {k} take its work?
      worker> Worker {id} heartbeat lost, last seen {duration} ago | duration: How long ago was {k} seen?
      client> client {id} disconnected (reason: {reason}, sent {size}) | reason: Why did {k} disconnect? | time(disconnection time): When did {k} disconnect?
      report> Report {id} created by {user} with {count} pages | user: Who created {k}? | count: How many pages has {k}?
      image> Image {id} resized to {count}x{code} in {duration} | count: How wide is {k}? | code: How high is {k}?
      thread> Thread {id} blocked for {duration} on {path}
      run> run {id}: loss {amount}, step {offset} | offset: At which step is {k}? | amount: What is the loss of {k}? ; loss of {k}
      audit> audit: user={user} action={method} object={id} result={status} | user: Who touched {k}? | method: What was done to {k}?
      event> type={word} event={id} source={host} severity={priority} | word: What type is {k}? ; type of {k} | host: What is the source of {k}? ; source of {k}
      alert> Alert {id} ({priority}) fired on {host}: {reason} | host: Where did {k} fire? | reason: What was {k} about? | time(alert time): When did {k} fire?
      alert> alert {id} acknowledged by {user} | user: Who acknowledged {k}? ; who took {k}
      """;

  static {
    for (String line : TEXT.strip().split("\n")) {
      ALL.add(parse(line.strip()));
    }
  }

  private static ProseTemplates parse(String line) {
    int colon = line.indexOf("> ");
    String kind = line.substring(0, colon);
    String[] parts = line.substring(colon + 2).split(" \\| ");
    Map<String, List<String>> questions = new LinkedHashMap<>();
    String timeWord = "time";
    for (int i = 1; i < parts.length; i++) {
      int at = parts[i].indexOf(": ");
      String field = parts[i].substring(0, at);
      if (field.startsWith("time(")) {
        timeWord = field.substring(5, field.length() - 1);
        field = "time";
      }
      questions.put(field, List.of(parts[i].substring(at + 2).split(" ; ")));
    }
    // Odd pieces are names of fields.
    List<String> pieces = new ArrayList<>();
    String rest = parts[0];
    while (true) {
      int open = rest.indexOf('{');
      if (open < 0) {
        pieces.add(rest);
        break;
      }
      int close = rest.indexOf('}', open);
      pieces.add(rest.substring(0, open));
      String name = rest.substring(open + 1, close);
      if (!name.equals("id")) {
        Field.of(name);
      }
      pieces.add(name);
      rest = rest.substring(close + 1);
    }
    return new ProseTemplates(kind, List.copyOf(pieces), Map.copyOf(questions), timeWord);
  }

  /** Writes the message about an anchor. */
  void write(LineBuilder line, Rng rng, String anchor) {
    for (int i = 0; i < pieces.size(); i++) {
      String piece = pieces.get(i);
      if (i % 2 == 0) {
        line.add(piece);
      } else if (piece.equals("id")) {
        line.add(anchor);
      } else {
        Field field = Field.of(piece);
        List<String> own = questions.get(piece);
        // Questions of this message's own replace the field's: "word" may be a carrier here.
        line.fact(
            anchor,
            kind,
            piece,
            own == null ? field.spoken() : List.of(),
            own == null ? field.templates() : own,
            field.maker().apply(rng),
            false);
      }
    }
  }

  /** A message that nobody asks about. */
  static String noise(Rng rng) {
    StringBuilder out = new StringBuilder();
    String template = rng.pick(NOISE);
    for (int i = 0; i < template.length(); i++) {
      if (template.charAt(i) != '{') {
        out.append(template.charAt(i));
        continue;
      }
      switch (template.charAt(i + 1)) {
        case 'n' -> out.append(rng.pick(Words.NOUNS));
        case 'a' -> out.append(rng.pick(Words.ADJECTIVES));
        case 'v' -> out.append(rng.pick(Words.VERBS_PAST));
        case 'c' -> out.append(Values.className(rng));
        default -> out.append(rng.number(rng.between(1, 4)));
      }
      i += 2;
    }
    return out.toString();
  }
}
