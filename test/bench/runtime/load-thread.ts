import { Pool } from "undici";
import { answerQuestions } from "./bench-thread.ts";
import type { Load, LoadResult } from "./load.ts";

/** Reasons that are kept of requests that failed. */
const shownFailures = 3;

/** Sends requests as fast as they are answered, each client one at a time over a connection of its own. */
async function run(load: Load): Promise<LoadResult> {
	const { url, calls, clients, mostMs, contentType, mustHold } = load;
	const stop = new Int32Array(load.stop);
	const pool = new Pool(url, {
		connections: clients,
		pipelining: 1,
		headersTimeout: 120_000,
		bodyTimeout: 120_000,
	});
	const latencies: number[] = [];
	const failures: string[] = [];
	let failed = 0;
	let next = 0;
	const start = performance.now();
	const isOver = () =>
		Atomics.load(stop, 0) !== 0 || performance.now() - start > mostMs;
	const fail = (reason: string) => {
		failed++;
		if (failures.length < shownFailures) failures.push(reason);
	};
	const client = async () => {
		while (!isOver()) {
			const number = next++;
			const call = calls[load.endless ? number % calls.length : number];
			if (call === undefined) return;
			const sent = performance.now();
			const { statusCode, body } = await pool.request({
				path: call.path,
				method: call.method,
				headers: { "content-type": contentType },
				body: call.body ?? null,
			});
			const isRight = statusCode === 200;
			if (isRight && mustHold === undefined) await body.dump();
			else {
				const text = await body.text();
				if (!isRight || !text.includes(mustHold ?? ""))
					fail(`${statusCode} ${text.slice(0, 300)}`);
			}
			latencies.push(performance.now() - sent);
		}
	};
	try {
		await Promise.all(Array.from({ length: clients }, client));
		const elapsedMs = performance.now() - start;
		return { latencies, elapsedMs, failed, failures };
	} finally {
		await pool.destroy();
	}
}

answerQuestions(run);
