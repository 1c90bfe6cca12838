import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { sendBulk } from "../helpers/bulk-client.ts";
import { eventually } from "../helpers/eventually.ts";
import {
	type FaultedSidecar,
	startFaultedSidecar,
} from "../helpers/faulted-sidecar.ts";
import {
	FaultedIndex,
	linesOf,
	newDocuments,
	onBulks,
	resultsOf,
	statusesOf,
} from "../helpers/faulted-writes.ts";
import type { Fault, FaultyOpenSearch } from "../helpers/faulty-opensearch.ts";
import { startSidecar, type TestSidecar } from "../helpers/sidecar.ts";

/** Documents of a bulk, which OpenSearch gets in some parts. */
const count = 128;

/** Time OpenSearch may be silent, of the sidecar that does not wait for long. */
const impatientMs = 1_000;

let faulted: FaultedSidecar;
let faulty: FaultyOpenSearch;
let sidecar: TestSidecar;
let model: string;
let index: FaultedIndex;

beforeAll(async () => {
	faulted = await startFaultedSidecar();
	({ faulty, sidecar, model } = faulted);
});
afterEach(async () => {
	faulty.fault = undefined;
	await index.delete();
});
afterAll(() => faulted.end());

/** A connection that breaks before anything of it reaches OpenSearch. */
function broken(): Fault {
	const holds = Promise.reject(new Error("made for a test"));
	holds.catch(() => undefined);
	return { holds };
}

/** A fault that lasts until it is told to end. */
function held(): { fault: Fault; end: () => void } {
	let end = () => {};
	const holds = new Promise<void>((resolve) => {
		end = resolve;
	});
	return { fault: { holds }, end };
}

describe("while OpenSearch has no room for one part of a bulk", () => {
	it("its items say 429 and the others are stored; sent again, they are stored once", async () => {
		index = await FaultedIndex.create(sidecar, model);
		const wanted = newDocuments(0, count);
		const error = { type: "rejected_execution_exception", reason: "full" };
		const bulks = onBulks(faulty, (number) => number === 3, {
			status: 429,
			error,
		});
		const results = resultsOf(await index.bulk(wanted), wanted);
		expect(bulks.seen).toBeGreaterThan(3);
		const refused = results.filter(({ status }) => status === 429);
		expect(refused.length).toBeGreaterThan(0);
		expect(refused.length).toBeLessThan(count / 2);
		expect(statusesOf(results)).toEqual({
			201: count - refused.length,
			429: refused.length,
		});
		expect(refused[0]?.error?.type).toBe("rejected_execution_exception");
		expect(await index.expectStored(results, wanted)).toBe(
			count - refused.length,
		);
		const ids = new Set(refused.map(({ id }) => id));
		const open = wanted.filter(({ id }) => ids.has(id));
		const { done } = await index.sendUntilStored(open, sidecar);
		expect(await index.expectStored(done, wanted)).toBe(count);
	});
});

describe("OpenSearch that goes away in the middle of a bulk", () => {
	it.each<[string, () => Fault]>([
		["for whom something answers 503", () => ({ status: 503 })],
		["before it has a part", broken],
		["after it has stored a part", () => ({ loses: true })],
		["in the middle of an answer", () => ({ cutsAfter: 40 })],
	])("%s: each item says whether it is stored", async (_name, fault) => {
		index = await FaultedIndex.create(sidecar, model);
		const wanted = newDocuments(0, count);
		onBulks(faulty, (number) => number > 2, fault());
		const results = resultsOf(await index.bulk(wanted), wanted);
		const acknowledged = results.filter(({ status }) => status === 201);
		expect(acknowledged.length).toBeGreaterThan(0);
		const unknown = results.filter(({ status }) => status !== 201);
		expect(unknown.length).toBeGreaterThan(0);
		for (const { status, error } of unknown) {
			expect([502, 503]).toContain(status);
			expect(error?.reason).toBeTruthy();
		}
		faulty.fault = undefined;
		await index.expectStored(results, wanted);
	});

	it("and comes back: the items of the time between alone are to be sent again", async () => {
		index = await FaultedIndex.create(sidecar, model);
		const wanted = newDocuments(0, count);
		onBulks(faulty, (number) => number === 2, broken());
		const results = resultsOf(await index.bulk(wanted), wanted);
		const missing = results.filter(({ status }) => status !== 201);
		expect(missing.length).toBeGreaterThan(0);
		expect(missing.length).toBeLessThan(count / 2);
		expect(results.at(-1)?.status).toBe(201);
		expect(await index.expectStored(results, wanted)).toBe(
			count - missing.length,
		);
	});

	it("before the first part: the whole says so, or each item, and nothing is stored", async () => {
		index = await FaultedIndex.create(sidecar, model);
		const wanted = newDocuments(0, count);
		onBulks(faulty, () => true, { status: 503 });
		const answer = await index.bulk(wanted);
		const statuses = answer.items?.map(({ status }) => status);
		expect(new Set(statuses ?? [answer.status])).toEqual(new Set([503]));
		faulty.fault = undefined;
		expect(await index.expectStored([], wanted)).toBe(0);
	});
});

describe("OpenSearch that is slow", () => {
	it("past the time it may be silent: the items of that part say 504, and those before are stored", async () => {
		index = await FaultedIndex.create(sidecar, model);
		const wanted = newDocuments(0, count);
		const impatient = await startSidecar({
			OPENSEARCH_URL: faulty.url,
			SIDECAR_UPSTREAM_TIMEOUT_MS: impatientMs,
			SIDECAR_MODEL_ALLOCATIONS: 1,
		});
		const { fault, end } = held();
		try {
			onBulks(faulty, (number) => number === 2, fault);
			const answer = await index.bulk(wanted, { at: impatient });
			const results = resultsOf(answer, wanted);
			const late = results.filter(({ status }) => status === 504);
			expect(late.length).toBeGreaterThan(0);
			expect(results[0]?.status).toBe(201);
			await index.expectStored(results, wanted);
			// What it does in the end all the same leaves nothing half done either.
			end();
			await index.expectStored(results, wanted);
		} finally {
			await impatient.close();
		}
	});
});

describe("a client that goes away in the middle of its bulk", () => {
	it("leaves what was written, each with its vector, and nobody else waits for the rest", async () => {
		index = await FaultedIndex.create(sidecar, model);
		const wanted = newDocuments(0, 2 * count);
		const bulks = onBulks(faulty, () => false);
		const leaving = new AbortController();
		async function* body() {
			yield Buffer.from(linesOf(wanted.slice(0, count)));
			await eventually(async () => bulks.seen > 0);
			leaving.abort();
			yield Buffer.from(linesOf(wanted.slice(count)));
		}
		const url = `${sidecar.url}/${index.name}/_bulk`;
		await expect(
			sendBulk(url, body(), { signal: leaving.signal }),
		).rejects.toThrow();
		const others = newDocuments(2 * count, 3 * count);
		const results = resultsOf(await index.bulk(others), others);
		expect(statusesOf(results)).toEqual({ 201: count });
		const stored = await index.expectStored(results, [...wanted, ...others]);
		expect(stored).toBeLessThanOrEqual(2 * count);
	});
});
