import { Type } from "typebox";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { loadSettings, upstreamTls } from "../../sidecar/config.ts";
import { createClient } from "../../sidecar/store/client.ts";
import { Documents } from "../../sidecar/store/documents.ts";
import {
	type FaultyOpenSearch,
	onFirst,
	startFaultyOpenSearch,
} from "../helpers/faulty-opensearch.ts";
import { callOpenSearch, uniqueName } from "../helpers/opensearch.ts";

const Claim = Type.Object({
	by: Type.String(),
	note: Type.Optional(Type.String()),
});
const index = uniqueName("stored-documents");
let faulty: FaultyOpenSearch;
let documents: Documents<typeof Claim>;
let missing: Documents<typeof Claim>;
let close: () => Promise<void>;

beforeAll(async () => {
	faulty = await startFaultyOpenSearch();
	const settings = loadSettings({ OPENSEARCH_URL: faulty.url });
	const client = createClient(settings, {
		tls: upstreamTls(settings),
		credentials: "own",
	});
	close = () => client.close();
	documents = new Documents(client, index, Claim);
	missing = new Documents(client, uniqueName("missing"), Claim);
	await callOpenSearch("PUT", `/${index}`);
});
afterEach(() => {
	faulty.fault = undefined;
});
afterAll(async () => {
	await callOpenSearch("DELETE", `/${index}`);
	await close();
	faulty.close();
});

describe("an id that a sidecar claims", () => {
	it("is its own also where the answer was lost and the claim was sent twice", async () => {
		const first = onFirst(({ url }) => url?.includes("/_create/") ?? false, {
			loses: true,
		});
		faulty.fault = first.fault;
		await documents.create("lost", { by: "me" });
		expect(first.seen).toBe(2);
	});

	it("is not its own where another one was faster", async () => {
		await documents.create("taken", { by: "another" });
		await expect(documents.create("taken", { by: "me" })).rejects.toMatchObject(
			{ code: "conflict" },
		);
	});

	it("is not its own where what is there is no document of this kind", async () => {
		await callOpenSearch("PUT", `/${index}/_doc/foreign`, { of: "others" });
		await expect(
			documents.create("foreign", { by: "me" }),
		).rejects.toMatchObject({ code: "conflict" });
	});
});

describe("a document that is looked for", () => {
	it("is known to be missing only where its index is there", async () => {
		await documents.create("present", { by: "me" });
		expect(await documents.lacks("present")).toBe(false);
		expect(await documents.lacks("absent")).toBe(true);
		expect(await missing.lacks("absent")).toBe(false);
	});
});

describe("an index that a full disk has blocked", () => {
	it("is said to be blocked, in OpenSearch's words: waiting alone does not help", async () => {
		const block = (value: true | null) =>
			callOpenSearch("PUT", `/${index}/_settings`, {
				"index.blocks.read_only_allow_delete": value,
			});
		await block(true);
		try {
			await expect(
				documents.create("blocked", { by: "me" }),
			).rejects.toMatchObject({
				code: "too_many_requests",
				message: expect.stringMatching(
					/^index \[stored-documents-.*\] blocked by: .*read-only-allow-delete.*: create stored-documents-/,
				),
			});
		} finally {
			await block(null);
		}
	});

	it("is another thing than a node that is too busy", async () => {
		faulty.fault = () => ({ status: 429 });
		await expect(documents.create("busy", { by: "me" })).rejects.toMatchObject({
			code: "too_many_requests",
			message: `OpenSearch is too busy: create ${index}/busy`,
		});
	});
});
