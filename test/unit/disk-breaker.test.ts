import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DiskBreaker } from "../../sidecar/services/disk-breaker.ts";

let folder = "";

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "breaker-test-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function breakerAt(threshold: number): DiskBreaker {
	return new DiskBreaker({
		folder: join(folder, "not", "there yet"),
		threshold: () => threshold,
	});
}

test("models are kept out of a disk with less free space than the setting says, and each time is counted", async () => {
	const breaker = breakerAt(2 ** 62);
	for (const trips of [1, 2]) {
		await expect(breaker.check()).rejects.toMatchObject({
			status: 429,
			type: "circuit_breaking_exception",
			message: "Disk Circuit Breaker is open, please check your resources!",
		});
		expect(breaker.trips).toBe(trips);
	}
});

test.each([-1, 0, 1])(
	"a disk that is not full lets models in: %d bytes wanted",
	async (threshold) => {
		const breaker = breakerAt(threshold);
		await breaker.check();
		expect(breaker.trips).toBe(0);
	},
);

test("the setting is read each time", async () => {
	let threshold = 2 ** 62;
	const breaker = new DiskBreaker({ folder, threshold: () => threshold });
	await expect(breaker.check()).rejects.toThrow("open");
	threshold = -1;
	await breaker.check();
});
