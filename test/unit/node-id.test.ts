import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeIds } from "../../sidecar/node-id.ts";

let folder: string;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "node-id-"));
});
afterEach(async () => {
	await rm(folder, { recursive: true, force: true });
});

async function firstId(): Promise<unknown> {
	return (await nodeIds(folder).next()).value;
}

describe("the ids of sidecars with one cache folder", () => {
	it("stay the same, so that a restarted sidecar is the one that models are planned for", async () => {
		const id = await firstId();
		expect(id).toMatch(/^[0-9a-z]{26}$/);
		expect(await firstId()).toBe(id);
		expect(await readFile(join(folder, "node-id"), "utf8")).toBe(id);
	});

	it("are whole also where another sidecar has made the file and not written it yet", async () => {
		const file = join(folder, "node-id");
		await writeFile(file, "");
		const read = firstId();
		await writeFile(file, "written-later");
		expect(await read).toBe("written-later");
	});

	it("are never empty: a file that stays so is passed over", async () => {
		await writeFile(join(folder, "node-id"), "");
		expect(await firstId()).toMatch(/^[0-9a-z]{26}$/);
	});
});
