import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { afterAll, afterEach, expect, it } from "vitest";
import { loadSettings, upstreamTls } from "../../sidecar/config.ts";
import { createClient } from "../../sidecar/store/client.ts";
import { HiddenIndices } from "../../sidecar/store/hidden-indices.ts";
import {
	callOpenSearch,
	opensearchUrl,
	uniqueName,
} from "../helpers/opensearch.ts";

const settings = loadSettings({ OPENSEARCH_URL: opensearchUrl() });
const client = createClient(settings, {
	tls: upstreamTls(settings),
	credentials: "own",
});
const index = `.ml-sidecar-chunks-${uniqueName("large")}`;
const template = "/_index_template/ml-sidecar-chunks";

afterEach(() => callOpenSearch("DELETE", `/${index}?ignore_unavailable=true`));
afterAll(async () => {
	await new HiddenIndices(client).putTemplates();
	await client.close();
});

const Mappings = Compile(
	Type.Record(
		Type.String(),
		Type.Object({
			mappings: Type.Object({
				_meta: Type.Optional(Type.Object({ schema_version: Type.Integer() })),
				properties: Type.Optional(
					Type.Record(Type.String(), Type.Object({ type: Type.String() })),
				),
			}),
		}),
	),
);

async function mapping() {
	const answer = await callOpenSearch("GET", `/${index}/_mapping`);
	return Mappings.Parse(answer)[index]?.mappings;
}

const chunks = {
	_meta: { schema_version: 1 },
	properties: { content: { type: "binary" } },
};

it("chunks are stored as chunks after somebody deleted their index and its template", async () => {
	const indices = new HiddenIndices(client);
	await indices.ensure(index);
	await callOpenSearch("DELETE", `/${index}`);
	await callOpenSearch("DELETE", template);
	await indices.putTemplates();
	await indices.ensure(index);
	expect(await mapping()).toMatchObject(chunks);
});

it("an index that was made without its template gets its mapping afterwards", async () => {
	const indices = new HiddenIndices(client);
	await callOpenSearch("DELETE", template);
	await callOpenSearch("PUT", `/${index}`);
	expect(await mapping()).toEqual({});
	await indices.putTemplates();
	expect(await mapping()).toMatchObject(chunks);
});

it("an index of an older sidecar gets the mapping of today when it is first used, and keeps what it holds", async () => {
	await new HiddenIndices(client).putTemplates();
	await callOpenSearch("PUT", `/${index}`, {
		mappings: {
			_meta: { schema_version: 0 },
			properties: { from_before: { type: "keyword" } },
		},
	});
	await callOpenSearch("PUT", `/${index}/_doc/1`, { from_before: "kept" });
	await new HiddenIndices(client).ensure(index);
	expect(await mapping()).toMatchObject({
		...chunks,
		properties: { ...chunks.properties, from_before: { type: "keyword" } },
	});
	expect(await callOpenSearch("GET", `/${index}/_source/1`)).toEqual({
		from_before: "kept",
	});
});

it("the mapping of a newer sidecar stays", async () => {
	await callOpenSearch("PUT", `/${index}`, {
		mappings: { _meta: { schema_version: 1_000 } },
	});
	await new HiddenIndices(client).putTemplates();
	expect((await mapping())?._meta).toEqual({ schema_version: 1_000 });
});
