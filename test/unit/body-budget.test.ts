import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import fastify, { type FastifyInstance } from "fastify";
import { afterEach, expect, test, vi } from "vitest";
import { BodyBudget, giveBodiesBack } from "../../sidecar/http/body-budget.ts";
import { CollectedBody } from "../../sidecar/http/collected-body.ts";
import { answerError } from "../../sidecar/http/error-handler.ts";
import { readJsonBodies } from "../../sidecar/routes/json-bodies.ts";

const budget = () => new BodyBudget(1_000, "SIDECAR_BODIES_LIMIT");
const open: (FastifyInstance | Socket)[] = [];
afterEach(async () => {
	for (const one of open.splice(0))
		if ("destroy" in one) one.destroy();
		else await one.close();
});

async function serverWith(bodies: BodyBudget): Promise<FastifyInstance> {
	const server = fastify();
	open.unshift(server);
	server.setErrorHandler(answerError);
	giveBodiesBack(server, bodies);
	readJsonBodies(server, { bytes: 900, setting: "S", budget: bodies });
	server.post("/", async () => ({ held: bodies.total }));
	await server.listen({ port: 0, host: "127.0.0.1" });
	return server;
}

/** Sends the beginning of a body, and no more. */
async function stalled(server: FastifyInstance): Promise<Socket> {
	const { port } = server.server.address() as AddressInfo;
	const socket = connect(port, "127.0.0.1");
	open.unshift(socket);
	await once(socket, "connect");
	socket.write(
		`POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 800\r\n\r\n"${"x".repeat(599)}`,
	);
	return socket;
}

function post(server: FastifyInstance, bytes: number) {
	return server.inject({
		method: "POST",
		url: "/",
		headers: { "content-type": "application/json" },
		payload: `"${"x".repeat(bytes - 2)}"`,
	});
}

test("clients that never end their bodies can't fill the memory, and others are told to come again", async () => {
	const bodies = budget();
	const server = await serverWith(bodies);
	const socket = await stalled(server);
	await vi.waitFor(() => expect(bodies.total).toBe(600));
	const refused = await post(server, 500);
	expect(refused.statusCode).toBe(429);
	expect(refused.headers["retry-after"]).toBe("1");
	expect(refused.json().error.reason).toContain("SIDECAR_BODIES_LIMIT");
	expect((await post(server, 300)).json()).toEqual({ held: 900 });
	socket.destroy();
	await vi.waitFor(() => expect(bodies.total).toBe(0));
	expect((await post(server, 500)).statusCode).toBe(200);
});

test("what was read of a refused body is free again", async () => {
	const bodies = budget();
	const server = await serverWith(bodies);
	expect((await post(server, 901)).statusCode).toBe(413);
	await vi.waitFor(() => expect(bodies.total).toBe(0));
});

test("a body in many small pieces takes no more than twice its size", () => {
	let memory = 0;
	const body = new CollectedBody((bytes) => {
		memory += bytes;
	});
	const read = Buffer.alloc(65_536, "x");
	for (let count = 0; count < 1_000; count++)
		body.append(read.subarray(count, count + 1));
	expect(memory).toBeLessThanOrEqual(2_000);
	expect(body.bytes.equals(read.subarray(0, 1_000))).toBe(true);
	expect(body.bytes.buffer.byteLength).toBe(memory);
});
