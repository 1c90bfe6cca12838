import { type Call, type IngestCase, pipeline } from "./case.ts";

/** Documents to simulate; their ids are 1, 2 and so on. */
export function docs(...sources: unknown[]): unknown[] {
	return sources.map((_source, position) => ({
		_index: "<id>",
		_id: `${position + 1}`,
		_source,
	}));
}

/** Simulates a definition, inline and stored, as it is and verbose. */
export function simulated(
	name: string,
	definition: Readonly<Record<string, unknown>>,
	...sources: unknown[]
): IngestCase {
	const stored = { docs: docs(...sources) };
	const inline = { pipeline: definition, ...stored };
	const post = (path: string, body: unknown): Call => ({
		method: "POST",
		path: `/_ingest/pipeline${path}`,
		body,
	});
	return {
		name,
		calls: [
			post("/_simulate", inline),
			post("/_simulate?verbose=true", inline),
			pipeline(definition),
			post("/<id>/_simulate", stored),
			post("/<id>/_simulate?verbose", stored),
		],
	};
}
