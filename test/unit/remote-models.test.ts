import { createServer, type RequestListener, type Server } from "node:http";
import { afterEach, expect, it } from "vitest";
import { type Peer, PeerClient } from "../../sidecar/peers/peer-client.ts";
import { RemoteModels } from "../../sidecar/services/remote-models.ts";
import { listening } from "../helpers/proxy-wire.ts";

const servers: Server[] = [];
const peers = new PeerClient();
afterEach(() => {
	for (const server of servers.splice(0)) {
		server.closeAllConnections();
		server.close();
	}
});

/** A sidecar that answers whatever it is asked like this. */
async function sidecar(id: string, answer: RequestListener): Promise<Peer> {
	const server = createServer(answer);
	servers.push(server);
	const port = await listening(server);
	return { id, address: `http://127.0.0.1:${port}`, secret: "old" };
}

function restarted(id: string): Promise<Peer> {
	return sidecar(id, (_request, response) => {
		response.writeHead(403);
		response.end('{"code":"forbidden","reason":"this path is for sidecars"}');
	});
}

const models = new RemoteModels({ peers, timeoutMs: 5_000 });

it("a sidecar that was just restarted is passed over for another one that has the model", async () => {
	const other = await sidecar("other", (_request, response) => {
		response.end('{"function_name":"TEXT_EMBEDDING"}');
	});
	const ready = await models.open("a", {}, [await restarted("first"), other]);
	expect(ready.loaded.spec.functionName).toBe("TEXT_EMBEDDING");
});

it("a client is not told that it may not ask where a sidecar was just restarted, but to come back", async () => {
	const only = await restarted("only");
	await expect(models.open("b", {}, [only])).rejects.toMatchObject({
		status: 503,
		message: "sidecar [only] has just been restarted",
	});
});
