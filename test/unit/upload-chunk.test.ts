import fastify from "fastify";
import { expect, onTestFinished, test, vi } from "vitest";
import { uploadChunkRoutes } from "../../sidecar/routes/upload-chunk.ts";

/** Takes uploads and ends them when it is told to. */
class Uploads {
	readonly #ends: (() => void)[] = [];
	running = 0;
	taken = 0;

	async uploadChunk(): Promise<void> {
		this.running++;
		this.taken++;
		await new Promise<void>((resolve) => this.#ends.push(resolve));
		this.running--;
	}

	endOne(): void {
		this.#ends.shift()?.();
	}
}

test("many uploads at a time are written eight at a time, and each gets its turn", async () => {
	const uploads = new Uploads();
	const server = fastify();
	onTestFinished(() => server.close());
	server.register(uploadChunkRoutes(uploads));
	const answers = Array.from({ length: 20 }, (_, number) =>
		server.inject({
			method: "POST",
			url: `/_plugins/_ml/models/m/upload_chunk/${number}`,
			payload: Buffer.from("x"),
		}),
	);
	await vi.waitFor(() => expect(uploads.running).toBe(8));
	for (let ended = 1; ended <= 20; ended++) {
		uploads.endOne();
		await vi.waitFor(() => {
			expect(uploads.taken).toBe(Math.min(20, 8 + ended));
			expect(uploads.running).toBe(Math.min(8, 20 - ended));
		});
	}
	for (const answer of answers) expect((await answer).statusCode).toBe(200);
});
