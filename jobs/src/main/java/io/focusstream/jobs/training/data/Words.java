package io.focusstream.jobs.training.data;

import java.util.List;

/** Word lists that the generators draw from. */
final class Words {
  private Words() {}

  private static List<String> list(String text) {
    return List.of(text.strip().split("\\s+"));
  }

  static final List<String> NAMES =
      list(
          """
          alice bob carol dave erin frank grace heidi ivan judy mallory niaj olivia peggy rupert sybil
          trent victor wendy anna ben chloe daniel elena felix gina hugo irene jonas karin leo maria nora
          oscar paula quentin rosa simon tina ursula vera walter xenia yusuf zoe amir bianca cyrus diego
          emma farid gloria hassan ingrid jamal keiko luca mei nadia omar priya rafael sofia tomas uma
          viktor wanda xiang yara zane kofi lena magnus noor otto pavel ravi sara theo umar kate liam
          adam becky clara derek ethan fiona greg hanna igor jack kim louis monica nick peter rachel
          samuel thomas victoria will yvonne marcus julia henry lucas mark john mary james linda susan
          """);
  static final List<String> SURNAMES =
      list(
          """
          smith jones meyer novak silva kumar tanaka garcia mueller rossi dubois larsen kowalski ivanov
          chen wang okafor haddad santos costa brown white green baker carter fisher hunter mason parker
          """);
  static final List<String> NOUNS =
      list(
          """
          account adapter agent alarm anchor apple archive arrow atlas audit backup badge balance bank
          barrel basket batch beacon bell billing block board boat book border bottle bridge broker bucket
          budget buffer builder button cabin cable cache calendar camera candle canvas carbon card cargo
          carpet castle catalog chain channel chart checkout cipher circle client clock cloud cluster coach
          coffee collector column comet compass config connector console consumer container contract
          controller copper core corner cotton counter coupon courier crane crystal cursor customer dashboard
          database dealer decoder delivery depot desk device digest dispatcher document domain door dragon
          driver eagle edge editor emerald encoder engine event exchange executor export falcon feature feed
          fence field filter finder flag flame forest forge fountain frame frontend garden gate gateway ghost
          glass globe granite graph grid group guard guide hammer handler harbor hawk header helper hill
          history hook horizon hotel hub image import index ingest input insight inventory invoice island
          item jacket jasmine job journal judge jungle kernel key kitchen ladder lake lamp lantern laser layer
          leader leaf ledger lemon lens letter library light lily limit lion list listener loader lobby lock
          logger loop lotus machine magnet mail manager map maple marble market marker mask master matrix
          member memory menu merchant message meter metric mill mirror mobile model module monitor moon morning
          motor mountain mover museum needle nest network node note notebook notifier object ocean offer office
          olive onion operator option orange orchid order origin outlet owner package page palace panel paper
          parcel parser partner path payment peak pencil pepper phone photo pilot pine pipe pipeline planet
          planner plant platform player pocket point policy pool portal post printer process producer product
          profile project proxy pump quartz query queue rabbit radar rail rain raven reader record region
          registry relay replica report request resolver reward ribbon river robot rocket roof room root rose
          route router ruby runner saddle sail salmon sample sand scanner scheduler schema school scout screen
          search season segment sensor server service session shadow shell shelf shield ship shipping shop
          signal silver sink sketch snapshot socket solver source spark spider spring stack stage star station
          stone storage store storm stream street summit sun supplier support switch syncer system table tablet
          target task team temple tenant terminal theater thread ticket tiger timer token tool topic torch
          tower tracker trail train transfer trigger tunnel turbine upload user valley valve vault vector
          velvet vendor view village vine violet volume voucher wagon wallet warehouse watch water wave
          wheel widget willow window winter wolf worker workflow writer yard zebra zone
          """);
  static final List<String> ADJECTIVES =
      list(
          """
          active amber ancient async atomic basic big black blue bold brave bright broken brown busy calm
          cheap clean clear clever cold cool crisp cyan daily dark deep dry dual dusty eager early east empty
          fair fast fine firm first flat foggy fresh full gentle giant global golden grand gray green happy
          hard heavy hidden high hot huge icy idle inner internal jolly keen large last late lazy light little
          local lone long loud lucky main major mild minor misty modern narrow neat new nice noisy north odd
          old open outer pale plain polite primary prime proud public pure purple quick quiet rapid rare raw
          ready red remote rich rough round royal rusty safe salty sandy second secure shared sharp shiny
          short shy silent simple sleepy slow small smart smooth soft solid south spare stable steady steep
          still strict strong super sweet swift tall tame tidy tiny tough vast violet warm weak west wet
          white wide wild wise wooden yellow young
          """);
  static final List<String> VERBS_PAST =
      list(
          """
          accepted acquired added allocated applied approved archived assigned attached blocked booked bound
          built cached cancelled changed checked claimed cleaned cleared closed collected committed compacted
          completed computed confirmed connected consumed copied created deferred deleted delivered denied
          deployed detached disabled disconnected discovered dispatched dropped elected enabled ended
          enqueued evicted executed expired exported failed fetched finished flushed forwarded granted
          imported indexed initialized inserted installed invalidated issued joined killed launched left
          loaded locked logged marked merged migrated mounted moved notified opened paid parsed paused
          picked placed posted processed promoted published pulled purged pushed queued read rebooted
          received recorded recovered refreshed refunded registered rejected released reloaded removed
          renamed renewed replaced replicated requested reserved reset resolved restarted restored resumed
          retried returned reviewed revoked rolled rotated saved scaled scanned scheduled sealed selected
          sent served shipped signed skipped sorted split spawned started stopped stored submitted suspended
          switched synced terminated timed tracked transferred triggered truncated unlocked unregistered
          updated upgraded uploaded validated verified visited warned written
          """);
  static final List<String> STATES =
      list(
          """
          ok failed running pending done active inactive ready starting started stopped stopping open closed
          queued completed cancelled paused error success timeout rejected accepted unknown degraded healthy
          unhealthy online offline idle busy locked unlocked created deleted waiting blocked draining
          initializing recovering leader follower candidate connected disconnected expired valid invalid
          enabled disabled new processing shipped delivered refunded retrying suspended terminated
          """);
  static final List<String> COLORS =
      list(
          "red green blue teal orange purple yellow pink brown black white gray cyan magenta navy gold");
  static final List<String> CITIES =
      list(
          """
          paris london berlin madrid rome lisbon vienna prague warsaw oslo helsinki dublin athens cairo
          lagos nairobi delhi mumbai tokyo osaka seoul beijing shanghai sydney toronto boston chicago dallas
          denver seattle lima bogota quito santiago geneva zurich milan naples porto seville hamburg munich
          cologne lyon nice bergen malmo tallinn riga krakow budapest sofia ankara tehran baghdad karachi
          """);
  static final List<String> THINGS =
      list(
          """
          tea coffee chess guitar piano tennis soccer bread pasta soup salad cheese chocolate cats dogs horses
          birds sailing hiking cooking painting reading running swimming cycling gardening jazz opera poetry
          cake rice sushi pizza apples pears plums honey lemonade juice milk butter
          """);
  static final List<String> TLDS = list("com org net io dev local internal example lan corp");
  static final List<String> EXTENSIONS =
      list(
          "log txt json xml yaml csv db jar conf properties py java go rs sh html png tmp gz parquet dat");
  static final List<String> DIRS =
      list(
          """
          var log tmp opt home usr etc data srv mnt app lib share cache backup uploads reports src main
          target build work spool run state releases current config conf logs
          """);
  static final List<String> PACKAGES =
      list(
          """
          acme example corp apache kafka flink spring netty runtime server common client core internal util
          network storage controller coordinator group metadata raft log checkpoint state streaming task
          executor scheduler api web http rest security auth billing orders users payments search metrics
          connect streams producer consumer clients taskmanager jobmanager blob rpc akka resourcemanager
          """);
  static final List<String> CLASS_PARTS =
      list(
          """
          Account Async Batch Block Buffer Cache Channel Checkpoint Client Cluster Config Connection Consumer
          Context Data Default Event Executor Fetch File Group Http Index Job Key Leader Local Log Manager
          Message Metadata Metrics Network Node Order Partition Payment Pool Producer Queue Quota Record
          Replica Request Resource Retry Rpc Session Shared Snapshot Socket State Stream Task Thread Timer
          Token Topic Transaction User Worker
          """);
  static final List<String> CLASS_ENDS =
      list(
          """
          Manager Service Handler Controller Factory Listener Coordinator Executor Client Server Loader Cache
          Processor Dispatcher Scheduler Store Writer Reader Monitor Registry Resolver Tracker Validator
          Filter Gateway Repository Channel Operator Runner Thread Task Utils Impl
          """);
  static final List<String> EXCEPTIONS =
      list(
          """
          IOException NullPointerException IllegalStateException IllegalArgumentException TimeoutException
          RuntimeException ConnectException FileNotFoundException SocketException ClassCastException
          NoSuchElementException UnsupportedOperationException ExecutionException InterruptedException
          OutOfMemoryError ConcurrentModificationException SQLException ParseException
          NotLeaderException DisconnectException RecordTooLargeException SerializationException
          AuthenticationException ValueError KeyError TypeError ConnectionError PermissionError
          """);
  static final List<String> LEVELS = list("INFO INFO INFO INFO WARN ERROR DEBUG DEBUG TRACE");
  static final List<String> COMMON =
      list(
          """
          the of and to in is was for with on that it as at by from this are not have has had but all
          were when we they been will would there their what can more if no out so up into than them then
          some could time these two may first now any like over new only such about after before between
          because through under again where while each other same own too very just also still even here
          make made find found give given take taken come goes see seen look looks work works use used
          people day year way thing world life hand part place case week company number point fact right
          left good great small large long little big high different next early young important few public
          """);

  private static final List<String> SYLLABLES =
      list(
          """
          ba be bi bo bu ca ce co cu da de di do du fa fe fi fo ga ge go gu ha he hi ho ja jo ka ke ki ko ku
          la le li lo lu ma me mi mo mu na ne ni no nu pa pe pi po pu ra re ri ro ru sa se si so su ta te ti
          to tu va ve vi vo wa we wi xa xe ya yo za ze zi zo zu an en in on ar er or al el il ol as es is
          """);

  /** A word that no dictionary has. */
  static String invented(Rng rng) {
    StringBuilder out = new StringBuilder();
    for (int i = rng.between(2, 4); i > 0; i--) {
      out.append(rng.pick(SYLLABLES));
    }
    return out.toString();
  }

  static String any(Rng rng) {
    return switch (rng.below(8)) {
      case 0 -> rng.pick(NAMES);
      case 1 -> rng.pick(ADJECTIVES);
      case 2 -> invented(rng);
      case 3 -> rng.pick(CITIES);
      case 4 -> rng.pick(COMMON);
      default -> rng.pick(NOUNS);
    };
  }

  static String phrase(Rng rng, int words) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < words; i++) {
      out.append(i == 0 ? "" : " ").append(any(rng));
    }
    return out.toString();
  }

  static String capital(String word) {
    return word.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1);
  }
}
