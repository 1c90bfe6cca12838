import { peerVersion } from "../helpers/peer.ts";
import { rawCall } from "../helpers/raw-call.ts";
import { recordToFile } from "./recorded-file.ts";
import {
	routePaths,
	sample,
	sampleQueries,
	surfaceCalls,
} from "./surface-calls.ts";

async function recordSample(url: string) {
	const created = await fetch(`${url}/idx`, {
		method: "PUT",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ mappings: { dynamic: false, _meta: sample } }),
	});
	if (!created.ok) throw new Error(await created.text());
	const answer = async (query: string) =>
		(await fetch(`${url}/idx/_mapping?${query}`)).text();
	const forms: { query: string; answer: string }[] = [];
	for (const name of sampleQueries) {
		const query = name.replaceAll("IDX", "idx");
		forms.push({ query, answer: await answer(query) });
	}
	return { json: await answer(""), forms };
}

/** Asks a real ml-commons for everything that its routes have in common. */
async function record(url: string) {
	const routes: { path: string; methods: string }[] = [];
	for (const path of routePaths) {
		const { headers } = await rawCall(url, {
			method: "OPTIONS",
			path: `/_plugins/_ml${path.replaceAll(/\{\w+\}/g, "x")}`,
		});
		routes.push({ path, methods: String(headers.allow) });
	}
	const calls = [];
	for (const call of surfaceCalls)
		calls.push({ ...call, answer: await rawCall(url, call) });
	return { version: peerVersion, routes, calls, ...(await recordSample(url)) };
}

await recordToFile("ml-commons/http-surface.json", record);
