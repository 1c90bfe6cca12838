import { once } from "node:events";
import {
	Agent,
	createServer,
	get,
	type IncomingMessage,
	type RequestListener,
	type Server,
} from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { opensearchUrl } from "../helpers/opensearch.ts";
import { listening, until } from "../helpers/proxy-wire.ts";
import { startSidecar, type TestSidecar } from "../helpers/sidecar.ts";
import { runSidecar } from "../helpers/sidecar-process.ts";

describe("whoever runs the sidecar", () => {
	let sidecar: TestSidecar;

	beforeAll(async () => {
		sidecar = await startSidecar();
	});
	afterAll(() => sidecar.close());

	it("can ask whether it lives and whether it can work", async () => {
		const live = await sidecar.call("GET", "/_sidecar/health/live");
		expect([live.status, live.json]).toEqual([200, { status: "live" }]);
		const ready = await sidecar.call("GET", "/_sidecar/health/ready");
		expect([ready.status, ready.json]).toEqual([200, { status: "ready" }]);
	});

	it("gets metrics for Prometheus, by route and not by path", async () => {
		await sidecar.call("GET", "/_cat/health");
		const { headers, text } = await sidecar.call("GET", "/_sidecar/metrics");
		expect(headers.get("content-type")).toContain("text/plain");
		expect(text).toMatch(
			/^sidecar_request_duration_seconds_count\{route="\*",method="GET",status="200"\} [1-9]/m,
		);
		expect(text).not.toContain("_cat");
	});
});

describe("without OpenSearch", () => {
	let silent: Server;
	let sidecar: TestSidecar;

	beforeAll(async () => {
		silent = createServer((request) => request.socket.destroy());
		await once(silent.listen(0, "127.0.0.1"), "listening");
		const { port } = silent.address() as AddressInfo;
		silent.close();
		sidecar = await startSidecar(
			{ OPENSEARCH_URL: `http://127.0.0.1:${port}` },
			{ joins: false },
		);
	});
	afterAll(() => sidecar.close());

	it("it lives, says that it is not ready and why", async () => {
		expect((await sidecar.call("GET", "/_sidecar/health/live")).status).toBe(
			200,
		);
		const ready = await sidecar.call("GET", "/_sidecar/health/ready");
		expect(ready.status).toBe(503);
		expect(ready.json).toMatchObject({
			reason: expect.stringContaining("OpenSearch can't be reached"),
		});
	});

	it.each([
		["GET", "/index/_doc/1"],
		["POST", "/_bulk"],
		["GET", "/_plugins/_ml/models/x"],
		["GET", "/_ingest/pipeline"],
		["POST", "/_plugins/_ml/models/x/_predict"],
	])(
		"%s %s is answered with 503 in OpenSearch's envelope",
		async (method, path) => {
			const body = method === "POST" ? { text_docs: ["a"] } : undefined;
			const answer = await sidecar.call(method, path, body);
			expect(answer.status).toBe(503);
			expect(answer.json).toMatchObject({
				status: 503,
				error: { root_cause: [{}] },
			});
		},
	);
});

describe("the program itself", () => {
	const ends: (() => void)[] = [];
	afterEach(() => {
		for (const end of ends.splice(0)) end();
	});

	async function run(environment: NodeJS.ProcessEnv) {
		const sidecar = await runSidecar(environment);
		ends.push(() => sidecar.child.kill("SIGKILL"));
		return sidecar;
	}

	/** A stand-in for an OpenSearch in a state that a real one can't be brought into at will. */
	async function standIn(answer: RequestListener): Promise<string> {
		const server = createServer(answer);
		ends.push(() => {
			server.closeAllConnections();
			server.close();
		});
		return `http://127.0.0.1:${await listening(server)}`;
	}

	it("serves with the environment alone, ends on SIGTERM with 0, and its log holds no secret", async () => {
		const secret = "s3cr3t-passw0rd";
		const { child, lines, closed, address } = await run({
			OPENSEARCH_URL: opensearchUrl(),
			OPENSEARCH_USERNAME: "admin",
			OPENSEARCH_PASSWORD: secret,
			SIDECAR_LOG_LEVEL: "trace",
		});
		const url = await address;
		const answer = await fetch(`${url}/_cat/health?key=${secret}`, {
			headers: {
				authorization: `Bearer ${secret}`,
				cookie: secret,
				"x-request-id": "mine",
			},
		});
		await answer.text();
		await fetch(`${url}/_plugins/_ml/models/x?key=${secret}`);
		child.kill("SIGTERM");
		expect((await closed).code).toBe(0);
		expect(lines.join("\n")).toContain('"reqId":"mine"');
		expect(lines.join("\n")).not.toContain(secret);
	});

	it("does not start with a bad setting, and names it", async () => {
		const { lines, closed } = await run({ SIDECAR_PORT: "many" });
		expect((await closed).code).toBe(1);
		expect(lines).toEqual(["bad setting: SIDECAR_PORT must be integer"]);
	});

	it("starts before OpenSearch does, and ends while it waits", async () => {
		const { child, closed, address } = await run({
			OPENSEARCH_URL: "http://127.0.0.1:1",
		});
		const url = await address;
		expect((await fetch(`${url}/_sidecar/health/ready`)).status).toBe(503);
		child.kill("SIGTERM");
		expect((await closed).code).toBe(0);
	});

	it("answers what is in flight on SIGTERM, then ends at once with 0, though clients keep their connections", async () => {
		let finish: (() => void) | undefined;
		const { child, lines, closed, address } = await run({
			OPENSEARCH_URL: await standIn((request, response) => {
				if (request.url === "/slow") {
					response.write("begun ");
					finish = () => response.end("and finished");
				} else response.writeHead(404).end("{}");
			}),
			SIDECAR_SHUTDOWN_TIMEOUT_MS: "10000",
		});
		const url = new URL(await address);
		const silent = connect(Number(url.port), url.hostname);
		silent.on("error", () => silent.destroy());
		const agent = new Agent({ keepAlive: true });
		const [response]: IncomingMessage[] = await once(
			get(new URL("/slow", url), { agent }),
			"response",
		);
		child.kill("SIGTERM");
		await until(() => lines.some((line) => line.includes("stopping")));
		finish?.();
		let text = "";
		for await (const chunk of response ?? []) text += chunk;
		expect(text).toBe("begun and finished");
		expect((await closed).code).toBe(0);
		agent.destroy();
		silent.destroy();
	});

	it("says what is wrong when OpenSearch refuses it at the start, instead of waiting for ever, and serves", async () => {
		const { child, lines, closed, address } = await run({
			OPENSEARCH_URL: await standIn((_request, response) => {
				response.writeHead(403, { "content-type": "application/json" });
				response.end("{}");
			}),
		});
		const url = await address;
		await until(() =>
			lines.some((line) => line.includes("the sidecar can't start its work")),
		);
		expect(lines.join("\n")).not.toContain("waiting for OpenSearch");
		expect((await fetch(`${url}/_cat/health`)).status).toBe(403);
		child.kill("SIGTERM");
		expect((await closed).code).toBe(0);
	});

	it("asks again when OpenSearch is too busy at the start", async () => {
		let asked = 0;
		const { child, lines, closed } = await run({
			OPENSEARCH_URL: await standIn((_request, response) => {
				if (lines?.some((line) => line.includes("waiting for OpenSearch")))
					asked++;
				response.writeHead(429).end("{}");
			}),
		});
		await until(() => asked > 0);
		child.kill("SIGTERM");
		expect((await closed).code).toBe(0);
	});
});
