import { Type } from "typebox";
import { readFixture } from "../fixture.ts";
import { unpacked } from "../ingest-cases/recording.ts";
import type { Encodings } from "./corpus.ts";

/** The file of the recorded answers, below test/fixtures. */
export const recordingFile = "ml-commons/search.json";

/** What neural-search answers to the cases. */
const Recording = Type.Object({
	source: Type.String(),
	/** Hashes of the models' archives. */
	archives: Type.Record(Type.String(), Type.String()),
	/** What the documents' texts are stored with: vectors as base64 of little-endian float32. */
	texts: Type.Record(
		Type.String(),
		Type.Object({
			vector: Type.String(),
			weights: Type.Record(Type.String(), Type.Number()),
		}),
	),
	/** By topic and name. */
	cases: Type.Record(
		Type.String(),
		Type.Object({
			/** The fingerprint of what was sent. */
			sent: Type.String(),
			answers: Type.Array(
				Type.Object({ status: Type.Integer(), body: Type.Unknown() }),
			),
		}),
	),
});

export function readRecording() {
	return readFixture(recordingFile, Recording);
}

/** The texts of a recording as they are stored. */
export function encodingsOf(
	texts: ReturnType<typeof readRecording>["texts"],
): Encodings {
	return new Map(
		Object.entries(texts).map(([text, { vector, weights }]) => [
			text,
			{ vector: unpacked(vector), weights },
		]),
	);
}
