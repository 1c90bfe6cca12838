import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { download } from "../../sidecar/download/download.ts";

const content = "an archive";
const sha256 = createHash("sha256").update(content).digest("hex");
let folder: string;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "download-file-test-"));
	await mkdir(join(folder, "trusted"));
	await writeFile(join(folder, "trusted", "m.zip"), content);
	await writeFile(join(folder, "secret"), content);
});
afterEach(() => rm(folder, { recursive: true }));

function copied(url: string, maxBytes = 1_000) {
	return download(url, join(folder, "archive"), {
		trusted: new RegExp(
			`^file://(?:${folder}/trusted/|/dev/|/proc/|[a-z])`.replaceAll(
				"/",
				"\\/",
			),
		),
		allowPrivateAddresses: false,
		maxBytes,
		connectTimeoutMs: 1_000,
		idleTimeoutMs: 1_000,
		totalTimeoutMs: 10_000,
		maxRedirects: 0,
		maxRetries: 0,
		retryWaitMs: 1,
		signal: new AbortController().signal,
	});
}

const urlOf = (name: string) => pathToFileURL(join(folder, name)).href;

describe("a model's archive on the sidecar's own disk", () => {
	it("is read", async () => {
		expect(await copied(urlOf("trusted/m.zip"))).toEqual({
			sizeBytes: content.length,
			sha256,
		});
	});

	it("is read through a link that stays among what is trusted", async () => {
		await symlink("m.zip", join(folder, "trusted", "link"));
		expect(await copied(urlOf("trusted/link"))).toMatchObject({ sha256 });
	});

	it("is not read through a link that leads out of it", async () => {
		await symlink("../secret", join(folder, "trusted", "link"));
		await expect(copied(urlOf("trusted/link"))).rejects.toThrow(
			"is a link to what can't match trusted url regex",
		);
	});

	it("is not read through a folder that is such a link", async () => {
		await symlink("..", join(folder, "trusted", "up"));
		await expect(copied(urlOf("trusted/up/secret"))).rejects.toThrow("link");
	});

	it("is refused for its size before a byte is read", async () => {
		await expect(copied(urlOf("trusted/m.zip"), 9)).rejects.toThrow(
			"Model file size exceeds the limit of 9 bytes: 10",
		);
	});

	it("may not be a FIFO, which would never open", async () => {
		execFileSync("mkfifo", [join(folder, "trusted", "fifo")]);
		await expect(copied(urlOf("trusted/fifo"))).rejects.toThrow(
			"is not a regular file",
		);
	});

	it.each([
		["file:///dev/zero", "is not a regular file"],
		["file:///proc/self/environ", "is empty"],
		["file:///proc/self/", /is not a regular file|link/],
		["file://host/m.zip", "names a host"],
	])("may not be %s", async (url, reason) => {
		await expect(copied(url)).rejects.toThrow(reason);
	});

	it.each([
		["trusted", "can't match trusted url regex"],
		["trusted/none", "can't be opened (ENOENT)"],
		["trusted/m.zip/x", "can't be opened (ENOTDIR)"],
		["trusted/%00", "can't be opened"],
		["trusted/a%2Fb", "can't be opened"],
	])("may not be %s", async (path, reason) => {
		const url = `${pathToFileURL(folder).href}/${path}`;
		await expect(copied(url)).rejects.toThrow(reason);
	});
});
