import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { lock, tryLock } from "../../sidecar/dev/lock.ts";

test("two starts never assemble into the same folder at once: the second waits for the first", async () => {
	const name = randomUUID();
	const order: string[] = [];
	const release = await lock(name);
	const second = lock(name, () => order.push("waiting")).then(
		async (releaseSecond) => {
			order.push("second");
			await releaseSecond();
		},
	);
	await expect.poll(() => order).toEqual(["waiting"]);
	order.push("first done");
	await release();
	await second;
	expect(order).toEqual(["waiting", "first done", "second"]);
});

test("ten starts at once take turns", async () => {
	const name = randomUUID();
	let inside = 0;
	let most = 0;
	await Promise.all(
		Array.from({ length: 10 }, async () => {
			const release = await lock(name);
			inside += 1;
			most = Math.max(most, inside);
			await new Promise((resolve) => setImmediate(resolve));
			inside -= 1;
			await release();
		}),
	);
	expect(most).toBe(1);
});

test("a data folder in use is refused at once, and free again afterwards", async () => {
	const name = randomUUID();
	const release = await tryLock(name);
	expect(release).toBeDefined();
	expect(await tryLock(name)).toBeUndefined();
	await release?.();
	const again = await tryLock(name);
	expect(again).toBeDefined();
	await again?.();
});
