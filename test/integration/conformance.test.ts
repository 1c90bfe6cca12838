import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callOpenSearch } from "../helpers/opensearch.ts";
import { startSidecar } from "../helpers/sidecar.ts";
import { Archives } from "./conformance/archives.ts";
import type { Call, Scenario } from "./conformance/call.ts";
import { differences, pending } from "./conformance/differences.ts";
import { asked, readRecordings } from "./conformance/recordings.ts";
import { type Outcome, ScenarioRun } from "./conformance/runner.ts";
import { topics } from "./conformance/topics.ts";

/*
 * What ml-commons 3.6 answered to the same calls in the same order. The sidecar's answers are the same, but for ids,
 * times and the like, or their difference has a reason in conformance/differences.ts.
 */

let archives: Archives;
beforeAll(async () => {
	archives = await Archives.create();
});
afterAll(() => archives.remove());

/** A scenario's outcomes by call, from a sidecar that finds nothing stored. */
async function replayed(
	scenario: Scenario,
): Promise<ReadonlyMap<string, Outcome>> {
	await callOpenSearch("DELETE", "/.ml-sidecar-*?expand_wildcards=all");
	const sidecar = await startSidecar();
	try {
		const { url } = sidecar;
		const target = { url, nodeId: "test-node", archives, untilMs: 5000 };
		const outcomes = await new ScenarioRun(target).run(scenario);
		return new Map(outcomes.map((outcome) => [outcome.call.name, outcome]));
	} finally {
		await sidecar.close();
	}
}

const compared = ({ calls }: Scenario): readonly Call[] =>
	calls.filter(({ prepares }) => !prepares);

const named = topics.flatMap((topic) =>
	topic.scenarios.flatMap((scenario) =>
		compared(scenario).map(
			({ name }) => `${topic.name} / ${scenario.name} / ${name}`,
		),
	),
);
const isPending = (call: string) =>
	pending.some((name) => call === name || call.startsWith(`${name} / `));

describe("the conformance suite", () => {
	it("makes more than 200 calls", () => {
		expect(named.length).toBeGreaterThan(200);
	});

	it("gives reasons for calls that it makes", () => {
		const known = new Set(named);
		const unknown = [...differences.keys()].filter((name) => !known.has(name));
		expect(unknown).toEqual([]);
	});
});

describe.each(topics)("ml-commons' answers about $name", (topic) => {
	const recordings = readRecordings(topic).scenarios;

	describe.each(topic.scenarios)("$name", (scenario) => {
		const recorded = recordings[scenario.name] ?? {};
		const calls = compared(scenario).map(
			(call) =>
				[`${topic.name} / ${scenario.name} / ${call.name}`, call] as const,
		);
		let outcomes: ReadonlyMap<string, Outcome>;
		beforeAll(async () => {
			outcomes = await replayed(scenario);
		});

		/** The recorded answer to a call. */
		function theirs(call: Call) {
			const { request, sent, ...answer } = recorded[call.name] ?? {};
			const made = { request, ...(sent !== undefined && { sent }) };
			expect(made, "record:fixtures has to run again").toEqual(asked(call));
			return answer;
		}

		it.each(
			calls.filter(([name]) => !differences.has(name) && !isPending(name)),
		)("%s", (_, call) => {
			const { answer, unmade } = outcomes.get(call.name) ?? {};
			expect(unmade).toBeUndefined();
			expect(answer).toEqual(theirs(call));
		});

		it.each(calls.filter(([name]) => differences.has(name)))(
			"%s differs for a reason, and is no error of the sidecar's",
			(_, call) => {
				const { answer } = outcomes.get(call.name) ?? {};
				expect(answer?.status ?? 0).toBeLessThan(500);
				expect(answer).not.toEqual(theirs(call));
			},
		);

		it.skip.each(calls.filter(([name]) => isPending(name)))("%s", () => {});
	});
});
