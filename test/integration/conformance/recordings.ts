import { Type } from "typebox";
import { readFixture } from "../../helpers/fixture.ts";
import type { Call, Scenario, Topic } from "./call.ts";
import type { Outcome } from "./runner.ts";

const Recording = Type.Object({
	/** Method and path. */
	request: Type.String(),
	/** The body that was sent. */
	sent: Type.Optional(Type.Unknown()),
	status: Type.Integer(),
	headers: Type.Record(Type.String(), Type.String()),
	body: Type.Unknown(),
});

/** What a topic's calls were answered: scenario to call to answer. */
const Recordings = Type.Object({
	source: Type.String(),
	scenarios: Type.Record(Type.String(), Type.Record(Type.String(), Recording)),
});

/** A call as its recording shows it. */
export function asked({ method, path, body, bytes, headers }: Call) {
	const sent = bytes ?? body;
	return {
		request: [
			`${method} ${path}`,
			...Object.entries(headers ?? {}).map((header) => header.join(": ")),
		].join("; "),
		...(sent !== undefined && { sent }),
	};
}

/** The file of a topic's recordings, below test/fixtures. */
export function recordingsFile({ name }: Topic): string {
	return `ml-commons/${name}.json`;
}

export function readRecordings(topic: Topic) {
	return readFixture(recordingsFile(topic), Recordings);
}

/** A scenario's answers in the form of a recording. @throws if a call could not be made */
export function recordingOf({ name }: Scenario, outcomes: readonly Outcome[]) {
	const recorded = outcomes.map(({ call, answer, unmade }) => {
		if (answer) return [call.name, { ...asked(call), ...answer }] as const;
		throw new Error(`${name}, ${call.name}: ${unmade}`);
	});
	const byName = Object.fromEntries(recorded);
	if (Object.keys(byName).length === outcomes.length) return byName;
	throw new Error(`${name}: two calls of one name`);
}
