import type { Precision } from "../../../sidecar/dev/model-artifact.ts";
import { type LoadGenerator, rate } from "./load.ts";
import type { Plan } from "./plan.ts";
import { type Both, inTurn, predictCalls } from "./predict-calls.ts";
import type { Servers } from "./servers.ts";
import { median, percentile, seededRandom, zipf } from "./statistics.ts";
import type { Row } from "./table.ts";
import type { BenchTexts } from "./texts.ts";

export interface PredictBench {
	servers: Servers;
	load: LoadGenerator;
	texts: BenchTexts;
	plan: Plan;
}

/** Clients of a server under load. */
const clients = 32;

/** Draws of repeated texts; more than are sent in a round. */
const draws = 100_000;

/** Texts in a request that is sent only so that they have been seen. */
const seenAtOnce = 100;

/** Java compiles what runs often; both sides are measured after that. */
export async function warmUp(
	{ servers, load, texts, plan }: PredictBench,
	precision: Precision,
): Promise<void> {
	const sent = texts.short(plan.many[precision]);
	for (const side of [servers.ours, servers.theirs])
		await load.run({
			url: side.contestant.url,
			calls: predictCalls(side.models, precision, sent),
			clients,
			mostMs: plan.roundMs,
		});
}

/** One client, texts all different. */
export async function singleClient(
	bench: PredictBench,
	precision: Precision,
): Promise<Row[]> {
	const { servers, load, texts, plan } = bench;
	const latencies: Both<number[]> = { ours: [], theirs: [] };
	// V8 and HotSpot compile what one client at a time goes through, and threads that search alone are chosen.
	const before = texts.short(plan.singleBefore);
	await inTurn(servers, 0, (side) =>
		load.run({
			url: side.contestant.url,
			calls: predictCalls(side.models, precision, before),
			mostMs: plan.singleBeforeMs,
		}),
	);
	for (let round = 0; round < plan.rounds; round++) {
		const sent = texts.short(plan.single);
		const found = await inTurn(servers, round, async (side) => {
			const calls = predictCalls(side.models, precision, sent);
			const { url } = side.contestant;
			return load.run({ url, calls, mostMs: plan.longestMs });
		});
		latencies.ours.push(...found.ours.latencies);
		latencies.theirs.push(...found.theirs.latencies);
	}
	const tail = ({ ours, theirs }: Both<number[]>) =>
		`p99 ${percentile(ours, 0.99).toFixed(1)} against ${percentile(theirs, 0.99).toFixed(1)} ms`;
	return [
		{
			what: `one client, 8-word texts, p50, ${precision}`,
			unit: "ms",
			ours: median(latencies.ours),
			theirs: median(latencies.theirs),
			bound: { at: "most", limit: precision === "fp32" ? 0.7 : 0.8 },
			note: tail(latencies),
		},
	];
}

/** 32 clients, texts all different. */
export async function manyClients(
	bench: PredictBench,
	precision: Precision,
): Promise<Row[]> {
	const { servers, load, texts, plan } = bench;
	const rates: Both<number[]> = { ours: [], theirs: [] };
	for (let round = 0; round < plan.rounds; round++) {
		const sent = texts.short(plan.many[precision]);
		const found = await inTurn(servers, round, async (side) => {
			const calls = predictCalls(side.models, precision, sent);
			const { url } = side.contestant;
			const mostMs = plan.longestMs;
			return rate(await load.run({ url, calls, clients, mostMs }));
		});
		rates.ours.push(found.ours);
		rates.theirs.push(found.theirs);
	}
	return [
		{
			what: `${clients} clients, texts all different, ${precision}`,
			unit: "requests/s",
			ours: median(rates.ours),
			theirs: median(rates.theirs),
			bound: { at: "least", limit: 1.6 },
		},
	];
}

/** 32 clients, texts repeated; first with an empty cache, then with one that has seen every text. */
export async function repeatedTexts(
	bench: PredictBench,
	precision: Precision,
): Promise<Row[]> {
	const { servers, load, texts, plan } = bench;
	const distinct = texts.short(plan.repeated);
	const draw = zipf(distinct.length, seededRandom(distinct.length));
	const round = async () => {
		const sent = Array.from({ length: draws }, () => distinct[draw()] ?? "");
		return inTurn(servers, 0, async (side) => {
			const calls = predictCalls(side.models, precision, sent);
			const { url } = side.contestant;
			return rate(
				await load.run({ url, calls, clients, mostMs: plan.roundMs }),
			);
		});
	};
	const cold = await round();
	await seeAll(servers, precision, distinct);
	const rates: Both<number[]> = { ours: [], theirs: [] };
	for (let number = 0; number < plan.rounds; number++) {
		const found = await round();
		rates.ours.push(found.ours);
		rates.theirs.push(found.theirs);
	}
	const what = `${clients} clients, ${distinct.length} texts repeated (Zipf)`;
	const unit = "requests/s";
	return [
		{ what: `${what}, cache empty at first, ${precision}`, unit, ...cold },
		{
			what: `${what}, every text seen before, ${precision}`,
			unit,
			ours: median(rates.ours),
			theirs: median(rates.theirs),
			bound: { at: "least", limit: 10 },
		},
	];
}

/** The sidecar alone remembers. */
async function seeAll(
	{ ours: { contestant, models } }: Servers,
	precision: Precision,
	texts: readonly string[],
): Promise<void> {
	for (let start = 0; start < texts.length; start += seenAtOnce)
		await contestant.call("POST", `/models/${models[precision]}/_predict`, {
			text_docs: texts.slice(start, start + seenAtOnce),
		});
}
