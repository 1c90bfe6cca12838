import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { readFixture } from "../fixture.ts";

/** An id and a score. */
const ScoredSchema = Type.Tuple([Type.String(), Type.Number()]);

const CandidatesSchema = Type.Object({
	name: Type.String(),
	/** By shard and sub-query: id, score, number in the shard. */
	shards: Type.Array(
		Type.Array(
			Type.Array(Type.Tuple([Type.String(), Type.Number(), Type.Number()])),
		),
	),
	/** By combination, best first. */
	combined: Type.Record(Type.String(), Type.Array(ScoredSchema)),
});

const ScoreSchema = Type.Optional(Type.Union([Type.Number(), Type.Null()]));

/** An answer, of which what is empty is left out. */
const AnsweredSchema = Type.Object({
	hits: Type.Object({
		total: Type.Optional(Type.Unknown()),
		max_score: ScoreSchema,
		hits: Type.Optional(
			Type.Array(
				Type.Object({
					_index: Type.String(),
					_id: Type.String(),
					_score: ScoreSchema,
					inner_hits: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
				}),
			),
		),
	}),
	aggregations: Type.Optional(Type.Unknown()),
});

export type Answered = Static<typeof AnsweredSchema>;

/** An answer of OpenSearch's, as far as it is compared. */
export function readAnswered(value: unknown): Answered {
	return Value.Parse(AnsweredSchema, value);
}

const RecordingSchema = Type.Object({
	source: Type.String(),
	candidates: Type.Array(CandidatesSchema),
	/** By target and case. */
	searches: Type.Record(Type.String(), AnsweredSchema),
});

export type HybridRecording = Static<typeof RecordingSchema>;

export const hybridRecordingFile = "ml-commons/hybrid.json";

/** What neural-search made of the cases. */
export function readHybridRecording(): HybridRecording {
	return readFixture(hybridRecordingFile, RecordingSchema);
}
