import { gzipSync } from "node:zlib";
import fc from "fast-check";

/** A call as it goes over the wire; `IDX` in path and body stands for the name of an index. */
export interface Call {
	method: string;
	path: string;
	headers: Record<string, string>;
	body: Buffer | undefined;
	chunked: boolean;
}

const id = fc.oneof(
	{ weight: 6, arbitrary: fc.integer({ min: 0, max: 20 }).map(String) },
	{
		weight: 4,
		arbitrary: fc.constantFrom(
			"a%2Fb",
			"a%2fb",
			"%2e%2e",
			"..",
			".",
			"a%20b",
			"a+b",
			"a|b",
			"a;b",
			"a,b",
			"a:b@c",
			"%C3%A9",
			"%ff",
			"%zz",
			"100%",
			"%25",
			"a#b",
			"_x",
			"_doc",
			"x".repeat(200),
			"x".repeat(600),
			"{id}",
			"*",
			"'\"<>^`\\",
		),
	},
	{
		weight: 2,
		arbitrary: fc
			.string({ unit: "grapheme", minLength: 1, maxLength: 6 })
			.map(encoded),
	},
);

// Not `_termvectors`: a body that is no object makes OpenSearch 3.6 loop for ever.
const target = fc.oneof(
	{ weight: 8, arbitrary: id.map((value) => `/IDX/_doc/${value}`) },
	{ weight: 3, arbitrary: id.map((value) => `/IDX/_create/${value}`) },
	{ weight: 3, arbitrary: id.map((value) => `/IDX/_update/${value}`) },
	{ weight: 2, arbitrary: id.map((value) => `/IDX/_source/${value}`) },
	{ weight: 2, arbitrary: id.map((value) => `/IDX/_explain/${value}`) },
	{
		weight: 22,
		arbitrary: fc.constantFrom(
			"/IDX/_search",
			"/IDX/_search",
			"/IDX/_search",
			"/IDX/_search/",
			"/IDX//_search",
			"//IDX/_search",
			"/IDX/./_search",
			"/IDX/%5Fsearch",
			"/IDX,IDX/_search",
			"/IDX-missing/_search",
			"/IDX/_count",
			"/IDX/_doc",
			"/IDX/_doc/",
			"/IDX/_bulk",
			"/IDX/_bulk",
			"/IDX/_mget",
			"/IDX/_msearch",
			"/IDX/_mapping",
			"/IDX/_analyze",
			"/IDX/_validate/query",
			"/IDX/_field_caps?fields=*",
			"/IDX/_refresh",
			"/IDX/_alias",
			"/_cat/indices/IDX?h=index,health,docs.count",
			"/_cat/count/IDX?h=count",
			"/_cluster/health/IDX?level=indices",
			"/_analyze",
		),
	},
	{
		weight: 3,
		arbitrary: fc
			.string({ minLength: 1, maxLength: 10 })
			.map((text) => `/IDX/${encoded(text)}`),
	},
);

const parameter = fc.constantFrom(
	"pretty",
	"pretty=false",
	"human",
	"refresh=true",
	"refresh=nonsense",
	"routing=a",
	"q=title:blue",
	"q=title%3Ared+AND+n:%5B1+TO+5%5D",
	"q=%zz",
	"q=caf%C3%A9",
	"size=2",
	"size=-1",
	"size=1&size=2",
	"from=1",
	"filter_path=hits.hits._source,error",
	"_source=title",
	"format=yaml",
	"format=json",
	"typed_keys",
	"preference=_local",
	"version=3&version_type=external",
	"if_seq_no=0&if_primary_term=1",
	"op_type=create",
	"master_timeout=10s",
	"timeout=5s",
	"ignore_unavailable=true",
	"unknown=1",
	"=",
	"&",
	"a?b",
	"source=%7B%22query%22%3A%7B%22match_all%22%3A%7B%7D%7D%7D&source_content_type=application/json",
);

const json = "application/json";
const ndjson = "application/x-ndjson";
const contentType = fc.oneof(
	{ weight: 5, arbitrary: fc.constant("fitting") },
	{
		weight: 1,
		arbitrary: fc.constantFrom(
			json,
			ndjson,
			"application/json; charset=UTF-8",
			"application/json;charset=utf-16",
			"application/vnd.opensearch+json",
			"application/yaml",
			"text/plain",
			"nonsense",
			"",
			"missing",
		),
	},
);

const title = fc.constantFrom("blue", "red", "café", "中文", "\u0000", "😀");
const document = fc
	.record({ title, n: fc.oneof(fc.integer(), fc.double(), fc.constant("x")) })
	.map((value) => JSON.stringify(value));
const search = fc
	.oneof(
		title.map((value) => ({ query: { match: { title: value } } })),
		fc.nat(5).map((value) => ({ query: { range: { n: { gte: value } } } })),
		fc.constant({
			size: 1,
			aggs: { t: { terms: { field: "title.keyword" } } },
		}),
		fc.constant({ query: { match_all: {} }, sort: [{ n: "desc" }], size: 3 }),
		fc.constant({ query: { nonsense: {} } }),
		fc.constant({ query: { ids: { values: ["1", "2"] } } }),
		fc.constant({}),
	)
	.map((value) => JSON.stringify(value));
const bulk = fc
	.array(
		fc.oneof(
			fc
				.tuple(
					fc.constantFrom("index", "create", "update"),
					fc.nat(20),
					document,
				)
				.map(
					([action, n, doc]) =>
						`${JSON.stringify({ [action]: { _index: "IDX", _id: String(n) } })}\n${action === "update" ? `{"doc":${doc}}` : doc}\n`,
				),
			fc.nat(20).map((n) => `{"delete":{"_index":"IDX","_id":"${n}"}}\n`),
			fc.constantFrom(
				"\n",
				"{}\n",
				'{"nonsense":{}}\n',
				'{"index":{}}\n{"a":\n',
			),
		),
		{ minLength: 1, maxLength: 6 },
	)
	.map((lines) => lines.join(""));

const body = fc.oneof(
	{
		weight: 4,
		arbitrary: fc.constant<{ text: string; type: string } | undefined>(
			undefined,
		),
	},
	{ weight: 5, arbitrary: search.map((text) => ({ text, type: json })) },
	{ weight: 5, arbitrary: document.map((text) => ({ text, type: json })) },
	{
		weight: 2,
		arbitrary: document.map((doc) => ({
			text: `{"doc":${doc},"doc_as_upsert":true}`,
			type: json,
		})),
	},
	{ weight: 5, arbitrary: bulk.map((text) => ({ text, type: ndjson })) },
	{
		weight: 1,
		arbitrary: bulk.map((text) => ({ text: text.slice(0, -1), type: ndjson })),
	},
	{
		weight: 1,
		arbitrary: search.map((text) => ({ text: `{}\n${text}\n`, type: ndjson })),
	},
	{
		weight: 2,
		arbitrary: fc
			.constantFrom(
				"{",
				"[]",
				"null",
				" ",
				"\u0000",
				'{"a":1}}',
				'{"ids":["1","a/b"]}',
				'{"text":"a b"}',
			)
			.map((text) => ({ text, type: json })),
	},
	{
		weight: 1,
		arbitrary: fc.constant({
			text: JSON.stringify({ title: "x".repeat(300_000) }),
			type: json,
		}),
	},
);

type Text = { text: string; type: string } | undefined;
const jsonOf = (text: string): Text => ({ text, type: json });

/** Method, path and body that were made for each other. */
const sensible = fc.oneof(
	fc.record({
		method: fc.constantFrom("GET", "POST"),
		target: fc.constantFrom("/IDX/_search", "/IDX/_search/"),
		body: search.map(jsonOf),
	}),
	fc.record({
		method: fc.constantFrom("PUT", "POST"),
		target: id.map((value) => `/IDX/_doc/${value}`),
		body: document.map(jsonOf),
	}),
	fc.record({
		method: fc.constantFrom("GET", "HEAD", "DELETE"),
		target: id.map((value) => `/IDX/_doc/${value}`),
		body: fc.constant<Text>(undefined),
	}),
	fc.record({
		method: fc.constant("POST"),
		target: fc.constantFrom("/IDX/_bulk", "/_bulk"),
		body: bulk.map((text): Text => ({ text, type: ndjson })),
	}),
);

const whatever = fc.record({
	method: fc.constantFrom(
		...[
			"GET",
			"GET",
			"HEAD",
			"POST",
			"POST",
			"PUT",
			"DELETE",
			"OPTIONS",
			"PATCH",
		],
	),
	target,
	body,
});

/** Any call that is harmless to all but the documents and mappings of `IDX`. */
export const anyCall: fc.Arbitrary<Call> = fc
	.record({
		call: fc.oneof(sensible, whatever),
		parameters: fc.oneof(
			fc.constant<string[]>([]),
			fc.array(parameter, { maxLength: 3 }),
		),
		contentType,
		gzip: fc.constantFrom(..."nnnnnnnnnnyyyyyb"),
		chunked: fc.boolean(),
		acceptGzip: fc.boolean(),
		opaqueId: fc.option(fc.constantFrom("1", "a b", "caf\u00e9")),
		accept: fc.option(
			fc.constantFrom("*/*", json, "application/yaml", "text/html"),
		),
	})
	.map((choice) => {
		const { parameters } = choice;
		const { method, target: path, body: sent } = choice.call;
		const type =
			choice.contentType === "fitting"
				? (sent?.type ?? "missing")
				: choice.contentType;
		const plain = sent && Buffer.from(sent.text);
		return {
			// DELETE of anything but a document could take the index away, and every later call with it.
			method:
				method === "DELETE" && !/^\/IDX\/_doc\/[^./]/.test(path)
					? "POST"
					: method,
			path:
				parameters.length === 0
					? path
					: `${path}${path.includes("?") ? "&" : "?"}${parameters.join("&")}`,
			headers: {
				...(type !== "missing" && { "Content-Type": type }),
				...(choice.gzip !== "n" && plain && { "Content-Encoding": "gzip" }),
				...(choice.acceptGzip && { "Accept-Encoding": "gzip" }),
				...(choice.opaqueId && { "X-Opaque-Id": choice.opaqueId }),
				...(choice.accept && { Accept: choice.accept }),
			},
			body: plain && choice.gzip === "y" ? gzipSync(plain) : plain,
			chunked: choice.chunked,
		};
	});

/** Percent-encoded, where it must be and here and there where it need not. */
function encoded(text: string): string {
	const bytes = [...Buffer.from(text)].map((byte, index) =>
		/[\w.~-]/.test(String.fromCharCode(byte)) && (byte + index) % 5 > 0
			? String.fromCharCode(byte)
			: `%${byte.toString(16).padStart(2, "0")}`,
	);
	return bytes.join("");
}
