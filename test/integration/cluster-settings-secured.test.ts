import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
	type SecuredOpenSearch,
	startSecured,
} from "../helpers/secured-opensearch.ts";
import {
	type SecuredSidecar,
	startSecuredSidecar,
} from "../helpers/secured-sidecar.ts";

const path = "/_cluster/settings";
const name = "plugins.ml_commons.trusted_url_regex";
const secret = "^https://internal";

let folder: string;
let openSearch: SecuredOpenSearch;
let sidecar: SecuredSidecar;
const undo: (() => Promise<void>)[] = [];

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "sidecar-secured-test-"));
	undo.push(() => rm(folder, { recursive: true, force: true }));
	openSearch = await startSecured({
		tls: false,
		report: (line) => process.stderr.write(`${line}\n`),
	});
	undo.push(() => openSearch.stop());
	await openSearch.call(
		"admin",
		"PUT",
		"/_plugins/_security/api/roles/ml_sidecar",
		{
			cluster_permissions: [
				"indices:admin/index_template/*",
				"indices:data/write/bulk",
			],
			index_permissions: [
				{ index_patterns: [".ml-sidecar-*"], allowed_actions: ["indices:*"] },
			],
		},
	);
	sidecar = await startSecuredSidecar(folder, {
		settings: { OPENSEARCH_URL: openSearch.url },
	});
	undo.push(() => sidecar.close());
});
afterAll(async () => {
	for (const step of undo.splice(0).reverse()) await step();
});

/** The setting as who may see it sees it. */
async function value(): Promise<unknown> {
	const { json } = await sidecar
		.as("admin")
		.call("GET", `${path}?flat_settings`);
	return json;
}

describe("the cluster settings of a secured cluster", () => {
	const set = { persistent: { [name]: secret } };

	it("that nobody has set yet are not set by a stranger either", async () => {
		for (const user of [undefined, "reader"]) {
			const { status } = await sidecar.as(user).call("PUT", path, set);
			expect(status).toBe(user === undefined ? 401 : 403);
		}
		await expect(
			openSearch.call("admin", "GET", "/.ml-sidecar-config"),
		).rejects.toThrow("404");
	});

	it("are changed and seen by whom OpenSearch allows it", async () => {
		const { status, text } = await sidecar.as("admin").call("PUT", path, set);
		expect([status, text]).toEqual([200, expect.stringContaining(secret)]);
		expect(await value()).toMatchObject(set);
	});

	it.each([
		[undefined, 401],
		["nobody", 401],
		["indexer", 403],
		["reader", 403],
	])("are neither changed nor shown to %s: %d", async (user, status) => {
		const caller = sidecar.as(user);
		const changes = [
			{ persistent: { [name]: "other" } },
			{ persistent: { "plugins.ml_commons.*": null } },
			{ transient: { [name]: "other" } },
		];
		for (const change of changes) {
			const own = await caller.call("PUT", path, {
				persistent: { "search.max_buckets": null },
			});
			const answer = await caller.call("PUT", path, change);
			expect(answer.status).toBe(status);
			expect(answer.text).toBe(own.text);
		}
		for (const query of ["", "?flat_settings", "?include_defaults"]) {
			const answer = await caller.call("GET", `${path}${query}`);
			expect(answer.status).toBe(status);
			expect(answer.text).not.toContain(secret);
			expect(answer.text).not.toContain("ml_commons");
		}
		expect(await value()).toEqual({ ...set, transient: {} });
	});

	it("do not name plugins to whom OpenSearch names none", async () => {
		for (const url of ["/_cat/plugins", "/_nodes/plugins", "/_nodes"]) {
			const answer = await sidecar.as("indexer").call("GET", url);
			expect(answer.status).toBe(403);
			expect(answer.text).not.toContain("opensearch-ml");
		}
	});
});
