import { once } from "node:events";
import {
	type ClientRequest,
	type IncomingMessage,
	request as send,
} from "node:http";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { callOpenSearch, opensearchUrl } from "../helpers/opensearch.ts";
import { anyCall, type Call } from "../helpers/proxy-random-calls.ts";
import { startSidecar, type TestSidecar } from "../helpers/sidecar.ts";

const run = crypto.randomUUID().slice(0, 8);
const indices = { direct: `equal-a-${run}`, proxied: `equal-b-${run}` };
let sidecar: TestSidecar;

beforeAll(async () => {
	sidecar = await startSidecar();
	for (const index of Object.values(indices)) {
		// Without a refresh of its own, what a search finds does not depend on time.
		await callOpenSearch("PUT", `/${index}`, {
			settings: {
				number_of_shards: 1,
				number_of_replicas: 0,
				refresh_interval: "-1",
			},
		});
		const lines = Array.from(
			{ length: 20 },
			(_, n) =>
				`{"index":{"_id":"${n}"}}\n{"title":"${["blue", "red", "café"][n % 3]} ${n}","n":${n}}\n`,
		);
		await callOpenSearch(
			"POST",
			`/${index}/_bulk?refresh=true`,
			lines.join(""),
		);
	}
});

afterAll(async () => {
	await sidecar.close();
	for (const index of Object.values(indices))
		await callOpenSearch("DELETE", `/${index}`);
});

/** OpenSearch closes the connection on a body that is not what its `Content-Encoding` says. */
const hungUp = "hung up";

interface Answer {
	status: string;
	headers: string[];
	body: string;
	bytes: number;
}

/** Headers of a connection and of a body's framing on it. */
const ofConnection =
	/^(connection|keep-alive|transfer-encoding|content-length): /i;

async function answerTo(
	call: Call,
	server: string,
	index: string,
): Promise<Answer> {
	const named = (text: string) => text.replaceAll("IDX", index);
	const body =
		call.headers["Content-Encoding"] === "gzip"
			? call.body
			: call.body && Buffer.from(named(call.body.toString()));
	const { hostname, port } = new URL(server);
	const request = send({
		hostname,
		port,
		method: call.method,
		path: named(call.path),
		agent: false,
		signal: AbortSignal.timeout(20_000),
		headers: {
			...call.headers,
			...(call.chunked && body
				? { "Transfer-Encoding": "chunked" }
				: { "Content-Length": body?.length ?? 0 }),
		},
	});
	request.end(body);
	const response = await responseTo(request);
	if (response === undefined)
		return { status: hungUp, headers: [], body: "", bytes: -1 };
	const chunks: Buffer[] = [];
	for await (const chunk of response) chunks.push(chunk);
	const received = Buffer.concat(chunks);
	const content =
		response.headers["content-encoding"] === "gzip"
			? gunzipSync(received)
			: received;
	const headers: string[] = [];
	for (let n = 0; n < response.rawHeaders.length; n += 2)
		headers.push(`${response.rawHeaders[n]}: ${response.rawHeaders[n + 1]}`);
	const general = (text: string) =>
		text.replaceAll(index, "IDX").replace(/\b(IDX\/_doc\/)[\w-]{20}$/, "$1ID");
	return {
		status: `${response.statusCode} ${response.statusMessage}`,
		headers: headers.filter((line) => !ofConnection.test(line)).map(general),
		body: general(content.toString("latin1"))
			.replace(/("?(?:ingest_)?took"?\s*:\s*)\d+/g, "$1N")
			.replace(/("?(?:index_)?uuid"?\s*:\s*"?)[\w-]{22}/g, "$1UUID")
			.replace(/("?_id"?\s*:\s*"?)[\w-]{20}(?![\w-])/g, "$1ID")
			.replace(/(with id ')[\w-]{20}'/g, "$1ID'"),
		bytes: Number(response.headers["content-length"] ?? -1),
	};
}

async function responseTo(
	request: ClientRequest,
): Promise<IncomingMessage | undefined> {
	try {
		const [response]: IncomingMessage[] = await once(request, "response");
		return response;
	} catch (error) {
		if (
			error instanceof Error &&
			"code" in error &&
			error.code === "ECONNRESET"
		)
			return undefined;
		throw error;
	}
}

test("a thousand calls of all kinds are answered through the sidecar as they are by OpenSearch", async () => {
	const seed = 20_251;
	const calls = fc.sample(anyCall, { numRuns: 1_000, seed });
	const statuses = new Map<string, number>();
	const count = (status: string) =>
		statuses.set(status, (statuses.get(status) ?? 0) + 1);
	for (const [number, call] of calls.entries()) {
		const [direct, proxied] = await Promise.all([
			answerTo(call, opensearchUrl(), indices.direct),
			answerTo(call, sidecar.url, indices.proxied),
		]);
		const name = `seed ${seed}, call ${number}: ${call.method} ${call.path} ${JSON.stringify(call.headers)} ${call.body?.subarray(0, 500)}`;
		count(direct.status);
		if (direct.status === hungUp) {
			// Where the sidecar reads the body itself, it says what is wrong with it.
			expect(["400 Bad Request", "502 Bad Gateway"], name).toContain(
				proxied.status,
			);
			continue;
		}
		expect({ ...proxied, bytes: 0 }, name).toEqual({ ...direct, bytes: 0 });
		expect(proxied.bytes < 0, name).toBe(direct.bytes < 0);
		if (call.method === "HEAD") expect(proxied.bytes, name).toBe(direct.bytes);
	}
	// Calls that were all refused would prove little.
	expect(statuses.get("200 OK")).toBeGreaterThan(200);
	expect(statuses.get("201 Created")).toBeGreaterThan(20);
	expect(statuses.get("400 Bad Request")).toBeGreaterThan(50);
	expect(statuses.size).toBeGreaterThan(5);
}, 120_000);
