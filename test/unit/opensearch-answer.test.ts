import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { afterEach, expect, test } from "vitest";
import { untilAnswers } from "../../sidecar/dev/opensearch-answer.ts";

const servers: Server[] = [];
afterEach(() => {
	for (const server of servers.splice(0)) {
		server.closeAllConnections();
		server.close();
	}
});

async function serve(listener: RequestListener): Promise<string> {
	const server = createServer(listener);
	servers.push(server);
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	if (typeof address !== "object" || address === null) throw new Error();
	return `http://127.0.0.1:${address.port}`;
}

function options(env: NodeJS.ProcessEnv = {}, timeoutMs = 10_000) {
	return { env, report: () => undefined, timeoutMs };
}

test("an OpenSearch that is still starting is waited for", async () => {
	let asked = 0;
	const url = await serve((_request, response) => {
		asked += 1;
		response.statusCode = asked < 3 ? 503 : 200;
		response.end();
	});
	expect(await untilAnswers(`${url}/`, options())).toBe(url);
	expect(asked).toBe(3);
});

test("credentials of the environment are used", async () => {
	const url = await serve((request, response) => {
		const expected = `Basic ${Buffer.from("me:p:w").toString("base64")}`;
		response.statusCode =
			request.headers.authorization === expected ? 200 : 401;
		response.end();
	});
	const env = { OPENSEARCH_USERNAME: "me", OPENSEARCH_PASSWORD: "p:w" };
	expect(await untilAnswers(url, options(env))).toBe(url);
	await expect(untilAnswers(url, options())).rejects.toThrow(
		"OPENSEARCH_USERNAME",
	);
});

test("an OpenSearch that is not there is given up with the reason", async () => {
	const url = await serve(() => undefined);
	for (const server of servers.splice(0)) server.close();
	await expect(untilAnswers(url, options({}, 100))).rejects.toThrow(
		/did not answer within 0.1 s: .*ECONNREFUSED/,
	);
});

test.each(["localhost:9200", "http://me:secret@host:9200", "http://host/path"])(
	"OPENSEARCH_URL %s is refused at once, without repeating its secrets",
	async (url) => {
		const refusal = untilAnswers(url, options());
		await expect(refusal).rejects.toThrow("OPENSEARCH_URL must be");
		await expect(refusal).rejects.not.toThrow("secret");
	},
);
