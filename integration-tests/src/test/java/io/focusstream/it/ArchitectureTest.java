package io.focusstream.it;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Keeps the arrows between rooms: which package may know which. That no rule is empty is asserted
 * once, for all rooms.
 */
class ArchitectureTest {
  private static final String ROOT = "io.focusstream.";

  /**
   * Each room, and the rooms that it may know beside itself. A class is in the room with the
   * longest name that its package begins with; only arrows written here are there.
   */
  private static final Map<String, Set<String>> ARROWS = new TreeMap<>();

  static {
    room("schemas");
    room("operators.numeric");
    room("operators.config");
    room("operators.text");
    room("operators.kv", "operators.numeric");
    room("operators.model.checkpoint", "operators.numeric");
    room("operators.model", "operators.model.checkpoint", "operators.numeric");
    room("operators.engine", "operators.text", "operators.kv");
    room(
        "operators.engine.djl",
        "operators.engine",
        "operators.kv",
        "operators.model",
        "operators.model.checkpoint",
        "operators.numeric",
        "operators.text");
    room("operators.state", "operators.kv", "schemas");
    room(
        "operators.stream",
        "operators.config",
        "operators.engine",
        "operators.state",
        "operators.text",
        "schemas");
    room("jobs.kafka", "operators.config", "operators.stream", "schemas");
    // Which engine runs is chosen here, from options: so it knows the implementation and its
    // settings.
    room(
        "jobs.topology",
        "jobs.kafka",
        "operators.config",
        "operators.engine",
        "operators.engine.djl",
        "operators.kv",
        "operators.model",
        "operators.model.checkpoint",
        "operators.stream",
        "operators.text",
        "schemas");
    room(
        "jobs.local",
        "jobs.kafka",
        "jobs.topology",
        "operators.config",
        "operators.engine",
        "operators.engine.djl",
        "operators.stream",
        "operators.text",
        "schemas");
    room(
        "jobs.training",
        "operators.engine",
        "operators.engine.djl",
        "operators.model",
        "operators.model.checkpoint",
        "operators.numeric",
        "operators.text");
    room(
        "jobs.cli",
        "jobs.kafka",
        "jobs.local",
        "jobs.topology",
        "jobs.training",
        "operators.config",
        "operators.engine",
        "operators.engine.djl",
        "operators.kv",
        "operators.model",
        "operators.model.checkpoint",
        "operators.numeric",
        "operators.stream",
        "operators.text",
        "schemas");
  }

  /** The room of the job's entry, for {@code flink run}; only the package of just this name. */
  private static final String ENTRY = "jobs";

  static {
    room(ENTRY, "jobs.cli", "jobs.kafka", "jobs.topology");
  }

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.focusstream");

  /** What ships: all but this module. */
  private static final DescribedPredicate<JavaClass> SHIPPED =
      resideInAnyPackage("io.focusstream..")
          .and(resideOutsideOfPackages("io.focusstream.it.."))
          .as("classes that ship");

  private static void room(String name, String... known) {
    ARROWS.put(name, new TreeSet<>(Arrays.asList(known)));
  }

  /** The room of a class, null where it is in none. */
  private static String roomOf(JavaClass type) {
    String found = null;
    for (String room : ARROWS.keySet()) {
      String packageName = type.getPackageName();
      boolean inside =
          room.equals(ENTRY)
              ? packageName.equals(ROOT + room)
              : (packageName + ".").startsWith(ROOT + room + ".");
      if (inside && (found == null || room.length() > found.length())) {
        found = room;
      }
    }
    return found;
  }

  private static DescribedPredicate<JavaClass> inRooms(Collection<String> rooms) {
    return DescribedPredicate.describe(
        "in rooms " + rooms, type -> rooms.contains(String.valueOf(roomOf(type))));
  }

  private static final ArchCondition<JavaClass> FOLLOW_THE_ARROWS =
      new ArchCondition<>("know only the rooms that their own may know") {
        @Override
        public void check(JavaClass type, ConditionEvents events) {
          String room = roomOf(type);
          for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
            JavaClass target = dependency.getTargetClass().getBaseComponentType();
            if (target.getPackageName().startsWith(ROOT)) {
              String known = roomOf(target);
              boolean allowed =
                  room != null && (room.equals(known) || ARROWS.get(room).contains(known));
              events.add(new SimpleConditionEvent(type, allowed, dependency.getDescription()));
            }
          }
        }
      };

  @Test
  void everyShippedClassIsInARoomAndEveryRoomHasClasses() {
    Map<String, List<JavaClass>> rooms =
        CLASSES.stream()
            .filter(SHIPPED)
            .collect(Collectors.groupingBy(type -> String.valueOf(roomOf(type))));
    assertFalse(rooms.containsKey("null"), () -> "classes in no room: " + rooms.get("null"));
    assertEquals(ARROWS.keySet(), new TreeSet<>(rooms.keySet()));
  }

  @Test
  void roomsKnowOnlyTheRoomsThatTheyMayKnow() {
    classes().that(SHIPPED).should(FOLLOW_THE_ARROWS).check(CLASSES);
  }

  @Test
  void theArrowsMakeNoCircle() {
    // Rooms are taken away while one knows none of those left; a circle would remain.
    Map<String, Set<String>> left = new TreeMap<>(ARROWS);
    boolean removed = true;
    while (removed) {
      List<String> leaves = new ArrayList<>();
      left.forEach(
          (room, known) -> {
            if (known.stream().noneMatch(left::containsKey)) {
              leaves.add(room);
            }
          });
      leaves.forEach(left::remove);
      removed = !leaves.isEmpty();
    }
    assertTrue(left.isEmpty(), () -> "rooms in a circle: " + left);
    slices().matching("io.focusstream.(*).(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  /** Checks that none of the rooms knows a class of these packages. */
  private static void neverKnow(Collection<String> rooms, String... packages) {
    assertTrue(ARROWS.keySet().containsAll(rooms), () -> "rooms that are not there in " + rooms);
    noClasses()
        .that(inRooms(rooms))
        .should()
        .dependOnClassesThat(resideInAnyPackage(packages))
        .check(CLASSES);
  }

  /** Checks that no room but these knows a class of these packages. */
  private static void knownOnlyTo(Collection<String> rooms, String... packages) {
    Set<String> others = new TreeSet<>(ARROWS.keySet());
    others.removeAll(rooms);
    neverKnow(others, packages);
  }

  @Test
  void modelAndTrainingNeverImportFlink() {
    neverKnow(
        List.of("operators.model", "operators.model.checkpoint", "jobs.training"),
        "org.apache.flink..");
  }

  @Test
  void streamNeverImportsDjl() {
    neverKnow(List.of("operators.stream", "operators.state", "operators.config"), "ai.djl..");
  }

  @Test
  void flinkIsKnownToItsRoomsOnly() {
    knownOnlyTo(
        List.of(
            "operators.config",
            "operators.state",
            "operators.stream",
            "jobs.topology",
            "jobs.kafka",
            "jobs.local",
            "jobs.cli",
            ENTRY),
        "org.apache.flink..");
  }

  @Test
  void djlIsKnownToTheModelItsEngineAndTrainingOnly() {
    knownOnlyTo(
        List.of("operators.model", "operators.engine.djl", "operators.text", "jobs.training"),
        "ai.djl..");
  }

  /** Text borrows the tokenizers and nothing else of DJL. */
  @Test
  void textKnowsOfDjlTheTokenizersOnly() {
    noClasses()
        .that(inRooms(List.of("operators.text")))
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("ai.djl..").and(resideOutsideOfPackages("ai.djl.huggingface..")))
        .check(CLASSES);
  }

  @Test
  void kafkaIsKnownToTheJobsAndTheSchemasOnly() {
    knownOnlyTo(
        List.of("schemas", "jobs.kafka", "jobs.topology", "jobs.local", "jobs.cli"),
        "org.apache.kafka..",
        "kafka..",
        "org.apache.flink.connector.kafka..");
  }

  /** A broker's classes are no API: one class of ours knows them, so that one breaks. */
  @Test
  void theBrokersInternalsAreKnownToOneClass() {
    DescribedPredicate<JavaClass> internals =
        resideInAnyPackage("kafka..", "org.apache.kafka.metadata..", "org.apache.kafka.server..");
    Set<String> users =
        CLASSES.stream()
            .filter(
                type ->
                    type.getDirectDependenciesFromSelf().stream()
                        .anyMatch(dependency -> internals.test(dependency.getTargetClass())))
            .map(type -> type.getName().replaceAll("\\$.*", ""))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(1, users.size(), () -> "classes that know the broker's internals: " + users);
  }

  @Test
  void nothingThatShipsKnowsTestsOrWhatWeDoNotUse() {
    neverKnow(
        ARROWS.keySet(),
        "io.focusstream.it..",
        "com.esotericsoftware..",
        "lombok..",
        "org.springframework..",
        "org.mockito..",
        "org.junit..",
        "net.jqwik..",
        "com.tngtech.archunit..",
        "java.util.logging..");
  }
}
