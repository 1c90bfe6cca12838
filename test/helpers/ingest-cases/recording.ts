import { createHash } from "node:crypto";
import { Type } from "typebox";
import { isRecord } from "../../integration/conformance/json.ts";
import { readFixture } from "../fixture.ts";
import type { Call } from "./case.ts";

/** The file of the recorded outcomes, below test/fixtures. */
export const recordingFile = "ml-commons/ingest.json";

/** What neural-search makes of the cases. */
const Recording = Type.Object({
	source: Type.String(),
	/** Hashes of the models' archives. */
	archives: Type.Record(Type.String(), Type.String()),
	/** A text and its dense vector, which tell whether another processor computes as the recording one did. */
	trial: Type.Object({ text: Type.String(), vector: Type.String() }),
	/** Little-endian float32 as base64: a vector of many documents is here once. */
	vectors: Type.Array(Type.String()),
	/** By topic and name. */
	cases: Type.Record(
		Type.String(),
		Type.Object({
			/** The {@link fingerprint} of what was sent. */
			sent: Type.String(),
			answers: Type.Array(
				Type.Object({ status: Type.Integer(), body: Type.Unknown() }),
			),
			documents: Type.Array(Type.Unknown()),
		}),
	),
});

export function readRecording() {
	return readFixture(recordingFile, Recording);
}

/** Another one for another case. */
export function fingerprint({ calls }: { calls: readonly Call[] }): string {
	const hash = createHash("sha256").update(JSON.stringify(calls));
	return hash.digest("hex").slice(0, 16);
}

/** Stands for a vector, with its number. */
const marker = "<vector>";

/** Vectors from here on are kept apart from the documents. */
const longList = 8;

export function packed(vector: readonly number[]): string {
	return Buffer.from(Float32Array.from(vector).buffer).toString("base64");
}

export function unpacked(vector: string): number[] {
	const bytes = Uint8Array.from(Buffer.from(vector, "base64"));
	return [...new Float32Array(bytes.buffer)];
}

/** A part of an outcome with the numbers of a vector in place of its vectors. @param vectors gets those that it does not have */
export function withoutVectors(part: unknown, vectors: string[]): unknown {
	const replaced = (value: unknown): unknown => {
		if (isLongVector(value)) {
			const vector = packed(value);
			if (!vectors.includes(vector)) vectors.push(vector);
			return { [marker]: vectors.indexOf(vector) };
		}
		if (Array.isArray(value)) return value.map(replaced);
		if (!isRecord(value)) return value;
		// OpenSearch writes the fields of such a document in the order of a hash table.
		const keys = Object.keys(value).sort();
		return Object.fromEntries(keys.map((key) => [key, replaced(value[key])]));
	};
	return replaced(part);
}

/** The opposite of {@link withoutVectors}. */
export function withVectors(
	value: unknown,
	vectors: readonly string[],
): unknown {
	if (Array.isArray(value))
		return value.map((one) => withVectors(one, vectors));
	if (!isRecord(value)) return value;
	const keys = Object.keys(value);
	const place = value[marker];
	if (keys.length === 1 && typeof place === "number")
		return unpacked(vectors[place] ?? "");
	return Object.fromEntries(
		Object.entries(value).map(([key, one]) => [key, withVectors(one, vectors)]),
	);
}

function isLongVector(value: unknown): value is number[] {
	return (
		Array.isArray(value) &&
		value.length >= longList &&
		value.every((one) => typeof one === "number")
	);
}
