import { once } from "node:events";
import { connect } from "node:net";
import { fastify } from "fastify";
import { describe, expect, it } from "vitest";
import { SidecarError } from "../../sidecar/errors.ts";
import { clientSignal } from "../../sidecar/http/client-signal.ts";
import { answerError } from "../../sidecar/http/error-handler.ts";
import { eventually } from "../helpers/eventually.ts";

/** The answer of a server whose one route fails. */
async function answerTo(error: unknown) {
	const server = fastify();
	server.setErrorHandler(answerError);
	server.get("/", () => {
		throw error;
	});
	try {
		return await server.inject("/");
	} finally {
		await server.close();
	}
}

describe("an answer that something was not done", () => {
	it.each([
		["too_many_requests", 1, "1"],
		["too_many_requests", 1_001, "2"],
		["too_many_requests", undefined, "1"],
		["throttled", 86_400_000, "86400"],
		["circuit_open", 2_500, "3"],
		["circuit_open", undefined, undefined],
	] as const)(
		"says when it is worth trying again, in whole seconds: %s after %s ms",
		async (code, retryAfterMs, seconds) => {
			const { statusCode, headers } = await answerTo(
				new SidecarError(code, "no", {
					...(retryAfterMs !== undefined && { retryAfterMs }),
				}),
			);
			expect(statusCode).toBe(429);
			expect(headers["retry-after"]).toBe(seconds);
		},
	);

	it("within its time has OpenSearch's envelope, and says nothing of a later time", async () => {
		const { headers, body } = await answerTo(
			new SidecarError("timeout", "model m gave no answer within 5 ms"),
		);
		const cause = {
			type: "timeout_exception",
			reason: "model m gave no answer within 5 ms",
		};
		expect(JSON.parse(body)).toEqual({
			error: { root_cause: [cause], ...cause },
			status: 408,
		});
		expect(headers).not.toHaveProperty("retry-after");
	});
});

it("a client that did not wait is no failure of the sidecar: nothing stands in the log as one", async () => {
	const lines: { level: number; msg: string }[] = [];
	const server = fastify({
		logger: {
			level: "debug",
			stream: { write: (line: string) => void lines.push(JSON.parse(line)) },
		},
	});
	server.setErrorHandler(answerError);
	server.get("/", async (_request, reply) => {
		const signal = clientSignal(reply);
		await new Promise((_resolve, reject) => {
			signal.addEventListener("abort", () => reject(signal.reason));
			socket.destroy();
		});
	});
	const url = await server.listen({ host: "127.0.0.1", port: 0 });
	const socket = connect(Number(new URL(url).port), "127.0.0.1");
	await once(socket, "connect");
	socket.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
	await eventually(async () =>
		lines.some(({ msg }) => msg === "the client did not wait"),
	);
	expect(lines.filter(({ level }) => level >= 40)).toEqual([]);
	await server.close();
});
