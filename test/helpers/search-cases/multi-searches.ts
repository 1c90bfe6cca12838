import {
	called,
	hybrid,
	match,
	msearch,
	neural,
	post,
	type SearchCase,
	sparse,
} from "./case.ts";

const cat = "a small wild cat";
const near = neural(cat, { k: 5 });
const wrong = { query: neural(cat, { model_id: "unknown" }) };

const template = (source: unknown, params: object = {}) => ({ source, params });
const templated = {
	_source: false,
	query: {
		neural: {
			vector: { query_text: "{{words}}", model_id: "<dense>", k: 3 },
		},
	},
};

/** `_msearch`, and searches by templates. */
export const multiSearches: readonly SearchCase[] = [
	called(
		"_msearch",
		msearch([
			{ index: "<books>" },
			{ _source: false, query: near },
			{ index: "<more>" },
			{ _source: false, query: near, size: 1 },
			{ index: "<both>" },
			{ _source: false, query: match("cat"), size: 0 },
		]),
	),
	called(
		"_msearch of an index",
		msearch(
			[
				{},
				{ _source: false, query: near },
				{ index: ["<more>", "<spread>"] },
				{ _source: false, query: sparse(cat), size: 2 },
			],
			"/<books>/_msearch",
		),
	),
	called(
		"_msearch with one that is wrong",
		msearch([
			{ index: "<books>" },
			{ _source: false, query: near, size: 1 },
			{ index: "<books>" },
			{ _source: false, ...wrong },
			{ index: "<books>" },
			{
				_source: false,
				query: { neural: { vector: { query_text: cat, k: 2 } } },
			},
			{ index: "<books>" },
			{ _source: false, query: match("cat"), size: 1 },
		]),
	),
	called(
		"_msearch with one whose index is missing",
		msearch([
			{ index: "<id>" },
			{ _source: false, query: near },
			{ index: "<books>" },
			{ _source: false, query: near, size: 1 },
		]),
	),
	called(
		"_msearch with a malformed query",
		msearch([
			{ index: "<books>" },
			{ _source: false, query: { neural: "cat" } },
			{ index: "<books>" },
			{ _source: false, query: near, size: 1 },
		]),
	),
	called(
		"_msearch with a pipeline in a header",
		msearch([
			{ index: "<books>", search_pipeline: "<normal>" },
			{ _source: false, query: hybrid([match(cat), near]), size: 3 },
		]),
	),
	called(
		"_msearch of hybrid queries",
		msearch([
			{ index: "<books>" },
			{
				_source: false,
				query: hybrid([match(cat), near]),
				size: 3,
				search_pipeline: "<normal>",
			},
			{ index: "<usual>" },
			{ _source: false, query: hybrid([match(cat), near]), size: 2 },
		]),
	),
	called(
		"_msearch of one hybrid query that is wrong",
		msearch([
			{ index: "<usual>" },
			{ _source: false, query: hybrid([match(cat), near]), from: 3 },
			{ index: "<books>" },
			{ _source: false, query: near, size: 2 },
		]),
	),
	called(
		"_msearch with parameters",
		msearch(
			[{ index: "<books>" }, { _source: false, query: near, size: 1 }],
			"/_msearch?rest_total_hits_as_int=true&typed_keys=true&max_concurrent_searches=1",
		),
	),
	called(
		"_search/template",
		post(
			"/<books>/_search/template",
			template(templated, {
				words: cat,
			}),
		),
	),
	called(
		"_search/template as a text",
		post(
			"/<books>/_search/template",
			template(
				'{"_source":false,"query":{"neural":{"vector":{"query_text":"{{words}}","model_id":"<dense>","k":{{k}}{{^k}}3{{/k}}}}}}',
				{ words: "red wine", k: 2 },
			),
		),
	),
	called(
		"_search/template by its id",
		{
			method: "PUT",
			path: "/_scripts/<id>",
			body: { script: { lang: "mustache", source: templated } },
			prepares: true,
		},
		post("/<books>/_search/template", { id: "<id>", params: { words: cat } }),
		post("/_render/template", { id: "<id>", params: { words: cat } }),
		{ method: "GET", path: "/_scripts/<id>" },
		{ method: "DELETE", path: "/_scripts/<id>", prepares: true },
	),
	called(
		"_search/template that is not there",
		post("/<books>/_search/template", {
			id: "<id>",
		}),
	),
	called(
		"_search/template without a text",
		post("/<books>/_search/template", template(templated)),
	),
	called(
		"_search/template of a hybrid query",
		post(
			"/<books>/_search/template?search_pipeline=<normal>",
			template(
				{
					_source: false,
					query: hybrid([match("{{words}}"), near]),
					size: 3,
				},
				{ words: "cold" },
			),
		),
	),
	called(
		"_render/template",
		post(
			"/_render/template",
			template(templated, {
				words: cat,
			}),
		),
	),
	called(
		"_msearch/template",
		msearch(
			[
				{ index: "<books>" },
				template(templated, { words: cat }),
				{ index: "<more>" },
				template(templated, { words: "red wine" }),
			],
			"/_msearch/template",
		),
	),
];
