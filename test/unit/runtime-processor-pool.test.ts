import { beforeEach, expect, test, vi } from "vitest";
import {
	type ProcessorMember,
	ProcessorPool,
} from "../../sidecar/runtime/processor-pool.ts";

let now = 0;

beforeEach(() => {
	now = 0;
	vi.useFakeTimers();
	return () => vi.useRealTimers();
});

/** A process that does as it is told, and says so when the test wants it to. */
class Worker {
	readonly grants: number[] = [];
	readonly member: ProcessorMember;

	constructor(pool: ProcessorPool, { runs = 4, threads = 1 } = {}) {
		this.member = pool.join({
			threads,
			grant: (processors) => this.grants.push(processors),
		});
		this.member.resize({ runs, threads, most: threads });
	}

	want(search: number, ingest: number): void {
		this.member.want({ search, ingest });
	}

	/** What it may use now. */
	get granted(): number {
		return this.grants.at(-1) ?? 0;
	}
}

function poolOf(processors: number): ProcessorPool {
	return new ProcessorPool(processors, () => now);
}

async function pass(ms: number): Promise<void> {
	now += ms;
	await vi.advanceTimersByTimeAsync(ms);
}

test("a model that is alone is told once what it may use, whatever comes and goes", () => {
	const worker = new Worker(poolOf(4));
	for (let request = 0; request < 100; request++) {
		worker.want(4, 0);
		worker.want(0, 0);
	}
	expect(worker.grants).toEqual([4]);
});

test("another model's search gets a processor when a run has ended, and not before", () => {
	const pool = poolOf(2);
	const bulk = new Worker(pool);
	const searched = new Worker(pool);
	bulk.want(0, 50);
	expect(bulk.granted).toBe(2);
	searched.want(1, 0);
	expect(bulk.granted).toBe(1);
	expect(searched.granted).toBe(0);
	bulk.member.returned(1);
	expect(searched.granted).toBe(1);
});

test("what an idle model has been lent is taken at once", () => {
	const pool = poolOf(2);
	const idle = new Worker(pool);
	idle.want(0, 2);
	idle.want(0, 0);
	const busy = new Worker(pool);
	busy.want(0, 2);
	expect(idle.granted).toBe(0);
	expect(busy.granted).toBe(2);
});

test("a process that ended gives its processors back", () => {
	const pool = poolOf(2);
	const ended = new Worker(pool);
	ended.want(0, 2);
	const next = new Worker(pool);
	next.want(0, 2);
	expect(next.granted).toBe(0);
	ended.member.leave();
	expect(next.granted).toBe(2);
});

test("models that are more than the processors all get their turn", async () => {
	const pool = poolOf(2);
	const workers = [1, 2, 3, 4, 5].map(() => new Worker(pool, { runs: 2 }));
	const turns = workers.map(() => 0);
	for (const worker of workers) worker.want(0, 10);
	for (let turn = 0; turn < 50; turn++) {
		for (const worker of workers) worker.member.returned(worker.granted);
		for (const [index, { granted }] of workers.entries())
			turns[index] = (turns[index] ?? 0) + granted;
		const used = workers.reduce((sum, { granted }) => sum + granted, 0);
		expect(used).toBe(2);
		await pass(100);
	}
	for (const turn of turns) expect(turn).toBeGreaterThanOrEqual(15);
});

test("a bulk goes on, however much another model is searched", async () => {
	const pool = poolOf(2);
	const searched = new Worker(pool);
	const bulk = new Worker(pool);
	let turns = 0;
	for (let turn = 0; turn < 40; turn++) {
		searched.want(8, 0);
		bulk.want(0, 8);
		for (const { member, granted } of [
			{ member: searched.member, granted: searched.granted },
			{ member: bulk.member, granted: bulk.granted },
		])
			member.returned(granted);
		turns += bulk.granted;
		await pass(100);
	}
	expect(turns).toBeGreaterThanOrEqual(3);
	expect(turns).toBeLessThanOrEqual(10);
});

test("the processor that is kept for searches goes to the bulk when none has come for a while", async () => {
	const pool = poolOf(4);
	const bulk = new Worker(pool);
	const searched = new Worker(pool);
	searched.want(1, 0);
	searched.want(0, 0);
	bulk.want(0, 100);
	expect(bulk.granted).toBe(3);
	for (let turn = 0; turn < 12; turn++) await pass(100);
	expect(bulk.granted).toBe(4);
});

test("never are more lent than there are, also while some are being given back", async () => {
	const pool = poolOf(3);
	const workers = [1, 2, 1].map((threads) => new Worker(pool, { threads }));
	const used = workers.map(() => 0);
	for (let step = 0; step < 500; step++) {
		const index = step % 3;
		const worker = workers[index];
		if (!worker) throw new Error("no worker");
		worker.want((step * 7) % 3, (step * 5) % 4);
		// A process goes on with its runs for a while after it has been granted fewer.
		for (const [at, { granted }] of workers.entries())
			used[at] = Math.max(used[at] ?? 0, granted);
		expect(used.reduce((sum, use) => sum + use, 0)).toBeLessThanOrEqual(3);
		if (step % 4 === 0)
			for (const [at, { member, granted }] of workers.entries()) {
				used[at] = granted;
				member.returned(granted);
			}
		await pass(30);
	}
});
