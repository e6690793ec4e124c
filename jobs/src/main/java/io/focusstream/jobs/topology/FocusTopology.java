package io.focusstream.jobs.topology;

import io.focusstream.jobs.kafka.DeadLetters;
import io.focusstream.jobs.kafka.EventFormat;
import io.focusstream.jobs.kafka.EventParser;
import io.focusstream.jobs.kafka.KafkaEnds;
import io.focusstream.jobs.kafka.KafkaSettings;
import io.focusstream.jobs.kafka.ParseEvents;
import io.focusstream.jobs.kafka.ParseQueries;
import io.focusstream.jobs.kafka.RawRecord;
import io.focusstream.operators.config.Consistency;
import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.stream.AnswerPart;
import io.focusstream.operators.stream.FocusOperatorFactory;
import io.focusstream.operators.stream.MergeAnswers;
import io.focusstream.operators.stream.PrepareQuestions;
import io.focusstream.operators.stream.StreamTypes;
import io.focusstream.operators.stream.TokenizeEvents;
import io.focusstream.operators.stream.TokenizedEvent;
import io.focusstream.operators.stream.TokenizedQuestion;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.DeadLetter;
import io.focusstream.schemas.Event;
import io.focusstream.schemas.Query;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.eventtime.SerializableTimestampAssigner;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * The job's graph (DESIGN §1):
 *
 * <pre>
 * events ──► parse ──► tokenize ──► keyBy(stream) ─┐
 *                                                  ├─► focus ──► answers
 * queries ─► parse ──► prepare ───► keyBy(stream) ─┘  │     │
 *              │        │  └─ beyond the job's limits ──┼─────┤
 *              └────────┼──── beyond any limits ────────┼─────┤
 *                       └─ parts ► keyBy(group) ► merge ┘─────┘
 *   poison records, events too long ──────────────────────────► dead letters
 * </pre>
 *
 * Every operator has a name and a uid; uids stay the same from one version to the next, as
 * savepoints know operators by them.
 */
public final class FocusTopology {
  /** Name and uid of the keyed operator. */
  public static final String OPERATOR = "focus";

  /**
   * Key groups of the job, and so its largest parallelism, unless {@code pipeline.max-parallelism}
   * says otherwise. It can't change without losing the state, so it doesn't follow from the
   * parallelism that a job happened to start with.
   */
  public static final int MAX_PARALLELISM = 128;

  private FocusTopology() {}

  /** Name and uid of the parser of an event input. */
  public static String parserName(String input) {
    return "parse-events-" + input;
  }

  /** Name and uid of the tokenizer of an event input. */
  public static String tokenizerName(String input) {
    return "tokenize-events-" + input;
  }

  /** Builds the graph with Kafka at both ends. */
  public static void buildOnKafka(
      StreamExecutionEnvironment environment,
      ReadableConfig config,
      KafkaSettings kafka,
      ModelProviders model) {
    JobDefaults.apply(environment, config);
    List<EventInput> events = new ArrayList<>();
    if (!kafka.rawTopics().isEmpty()) {
      events.add(
          new EventInput(
              "raw",
              KafkaEnds.events(kafka, kafka.rawTopics()),
              new EventParser(EventFormat.RAW, kafka.defaultStream())));
    }
    if (!kafka.jsonTopics().isEmpty()) {
      events.add(
          new EventInput(
              "json",
              KafkaEnds.events(kafka, kafka.jsonTopics()),
              new EventParser(EventFormat.JSON, kafka.defaultStream())));
    }
    build(
        environment,
        FocusSettings.from(config),
        model,
        events,
        KafkaEnds.queries(kafka),
        KafkaEnds.answers(kafka),
        KafkaEnds.deadLetters(kafka),
        config.getOptional(ModelOptions.SLOT_SHARING_GROUP));
  }

  /**
   * Builds the graph with any sources and sinks.
   *
   * @param slotSharingGroup of the keyed operator, so that it gets slots of its own; empty for the
   *     slots of the others
   */
  public static void build(
      StreamExecutionEnvironment environment,
      FocusSettings settings,
      ModelProviders model,
      List<EventInput> events,
      Source<RawRecord, ?, ?> queries,
      Sink<Answer> answers,
      Sink<DeadLetter> deadLetters,
      Optional<String> slotSharingGroup) {
    if (environment.getMaxParallelism() <= 0) {
      // the same for all operators: a question by prefix goes to each key group
      environment.setMaxParallelism(MAX_PARALLELISM);
    }
    if (events.isEmpty()) {
      throw new IllegalArgumentException("the job needs at least one source of events");
    }
    DataStream<DeadLetter> poison = null;
    DataStream<TokenizedEvent> tokenized = null;
    for (EventInput input : events) {
      EventParser parser = input.parser();
      SingleOutputStreamOperator<Event> parsed =
          source(
                  environment,
                  settings,
                  input.source(),
                  (record, kafkaMillis) -> parser.timestampMillis(record),
                  "events-" + input.name())
              .process(new ParseEvents(parser), StreamTypes.EVENT)
              .name(parserName(input.name()))
              .uid(parserName(input.name()));
      SingleOutputStreamOperator<TokenizedEvent> tokens =
          parsed
              .process(new TokenizeEvents(settings, model.tokenizer()), StreamTypes.TOKENIZED_EVENT)
              .name(tokenizerName(input.name()))
              .uid(tokenizerName(input.name()));
      tokenized = tokenized == null ? tokens : tokenized.union(tokens);
      DataStream<DeadLetter> letters =
          parsed
              .getSideOutput(DeadLetters.TAG)
              .union(tokens.getSideOutput(TokenizeEvents.TOO_LONG));
      poison = poison == null ? letters : poison.union(letters);
    }
    SingleOutputStreamOperator<Query> parsedQueries =
        source(
                environment,
                settings,
                queries,
                (record, kafkaMillis) -> ParseQueries.timestampMillis(record),
                "queries")
            .process(new ParseQueries(), StreamTypes.QUERY)
            .name("parse-queries")
            .uid("parse-queries");
    SingleOutputStreamOperator<TokenizedQuestion> questions =
        parsedQueries
            .process(
                new PrepareQuestions(settings, model.tokenizer()), StreamTypes.TOKENIZED_QUESTION)
            .name("prepare-questions")
            .uid("prepare-questions");
    SingleOutputStreamOperator<Answer> answered =
        tokenized
            .connect(questions)
            .keyBy(TokenizedEvent::stream, TokenizedQuestion::stream, Types.STRING)
            .transform(
                OPERATOR,
                StreamTypes.ANSWER,
                new FocusOperatorFactory(settings, model.engine(), model.tokenizer()))
            .uid(OPERATOR);
    slotSharingGroup.ifPresent(answered::slotSharingGroup);
    DataStream<Answer> merged =
        answered
            .getSideOutput(FocusOperatorFactory.PARTS)
            .union(questions.getSideOutput(PrepareQuestions.PARTS))
            .keyBy(AnswerPart::group, Types.STRING)
            .process(new MergeAnswers(settings.maxStreams()), StreamTypes.ANSWER)
            .name("merge-answers")
            .uid("merge-answers");
    answered
        .union(
            parsedQueries.getSideOutput(ParseQueries.REJECTED),
            questions.getSideOutput(PrepareQuestions.REJECTED),
            merged)
        .sinkTo(answers)
        .name("answers")
        .uid("answers");
    poison
        .union(parsedQueries.getSideOutput(DeadLetters.TAG))
        .sinkTo(deadLetters)
        .name("dead-letters")
        .uid("dead-letters");
  }

  private static DataStream<RawRecord> source(
      StreamExecutionEnvironment environment,
      FocusSettings settings,
      Source<RawRecord, ?, ?> source,
      SerializableTimestampAssigner<RawRecord> timestamps,
      String name) {
    return environment
        .fromSource(
            source, watermarks(settings, timestamps), name, TypeInformation.of(RawRecord.class))
        .uid(name);
  }

  private static WatermarkStrategy<RawRecord> watermarks(
      FocusSettings settings, SerializableTimestampAssigner<RawRecord> timestamps) {
    if (settings.consistency() == Consistency.ARRIVAL) {
      return WatermarkStrategy.noWatermarks();
    }
    return WatermarkStrategy.forGenerator(
            new ReaderWatermarks(settings.outOfOrderness(), settings.idleAfter()))
        .withTimestampAssigner(timestamps);
  }
}
