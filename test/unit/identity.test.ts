import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadSettings } from "../../sidecar/config.ts";
import { createClient } from "../../sidecar/store/client.ts";
import { IdentityStore } from "../../sidecar/store/identity.ts";

interface Reply {
	status: number;
	type?: string;
	body: string;
}

let server: Server;
let reply: Reply;
let authorizations: (string | undefined)[];
let identities: IdentityStore;
let close: () => Promise<unknown>;

beforeEach(async () => {
	authorizations = [];
	server = createServer((request, response) => {
		authorizations.push(request.headers.authorization);
		const { status, type = "application/json", body } = reply;
		response.writeHead(status, { "content-type": type }).end(body);
	}).listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	const settings = loadSettings({
		OPENSEARCH_URL: `http://127.0.0.1:${port}`,
		OPENSEARCH_USERNAME: "own",
		OPENSEARCH_PASSWORD: "secret",
	});
	const tls = { rejectUnauthorized: true };
	const own = createClient(settings, { tls, credentials: "own" });
	const anonymous = createClient(settings, { tls, credentials: "none" });
	identities = new IdentityStore({ own, anonymous });
	close = () => Promise.all([own.close(), anonymous.close()]);
});

afterEach(async () => {
	await close();
	server.close();
});

const unknownPath =
	'{"error":"no handler found for uri [/_plugins/_security/authinfo] and method [GET]"}';

it.each([
	[{ status: 400, body: unknownPath }, false],
	[{ status: 401, type: "text/plain", body: "Unauthorized" }, true],
	[{ status: 403, body: "{}" }, true],
	[{ status: 200, body: "{}" }, true],
])("%j tells whether a cluster is secured: %s", async (answer, secured) => {
	reply = answer;
	expect(await identities.isSecured()).toBe(secured);
});

it.each([
	{ status: 404, type: "text/html", body: "<p>not found</p>" },
	{ status: 400, body: '{"error":{"type":"x","reason":"y"},"status":400}' },
	{ status: 400, type: "text/plain", body: "bad request" },
	{ status: 500, body: "{}" },
	{ status: 503, type: "text/plain", body: "not initialized" },
])(
	"%j does not: a gateway's answer opens nothing to anyone",
	async (answer) => {
		reply = answer;
		await expect(identities.isSecured()).rejects.toMatchObject({
			code: "upstream_unavailable",
		});
	},
);

it("a caller without credentials is never asked about with the sidecar's own", async () => {
	reply = { status: 401, type: "text/plain", body: "Unauthorized" };
	await identities.whoIs({});
	expect(authorizations).toEqual([undefined]);
});

it("a caller's headers can't make a secured cluster look like one without security", async () => {
	reply = { status: 400, body: unknownPath };
	await expect(identities.whoIs({ securitytenant: "x" })).rejects.toMatchObject(
		{ code: "upstream_unavailable" },
	);
});
