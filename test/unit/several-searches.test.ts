import { expect, it } from "vitest";
import { eachOf } from "../../sidecar/proxy/read-searches.ts";
import { notesOf } from "../../sidecar/proxy/search-notes.ts";
import type { SearchRequest } from "../../sidecar/services/search/search-plan.ts";

const search = (target: string): SearchRequest => ({
	body: Buffer.from("{}"),
	target,
	parameters: new Map(),
	answersHits: true,
});

it("OpenSearch is not asked for thousands of indices at once, and each search gets its own answer", async () => {
	const searches = Array.from({ length: 1_000 }, (_, n) => search(`i${n}`));
	let [running, most] = [0, 0];
	const found = await eachOf(searches, async ({ target }) => {
		most = Math.max(most, ++running);
		await new Promise(setImmediate);
		running--;
		return target;
	});
	expect(found).toEqual(searches.map(({ target }) => target));
	expect(most).toBeGreaterThan(1);
	expect(most).toBeLessThanOrEqual(10);
});

it("more searches than a call takes arguments have one answer", () => {
	const plan = {
		body: "{}",
		spentParameters: new Set<string>(),
		answerSteps: [],
		warnings: ["w"],
		queries: [],
		embedMs: 2,
		tookMs: 3,
	};
	const planned = Array.from({ length: 500_000 }, () => ({ plan }));
	expect(notesOf([{}, ...planned])).toEqual({ embedMs: 2, warnings: ["w"] });
});
