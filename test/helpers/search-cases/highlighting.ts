import { hybrid, match, neural, type SearchTopic, search } from "./case.ts";

const cat = "a small wild cat";
const near = neural(cat);
const normal = { parameters: "?search_pipeline=<normal>" };

const semantic = (options: object = {}, field: object = {}) => ({
	fields: { text: { type: "semantic", ...field } },
	options,
});

/** Highlights beside our queries, and what the `semantic` highlighter refuses. */
export const highlighting: SearchTopic = {
	name: "highlighting",
	cases: [
		search("words of a neural query", {
			query: near,
			highlight: { fields: { text: {} } },
		}),
		search("words of a neural query, fields not required", {
			query: { bool: { should: [near, match("cat")] } },
			highlight: { require_field_match: false, fields: { "*": {} } },
		}),
		search("the plain highlighter", {
			query: { bool: { should: [near, match("cat")] } },
			highlight: {
				type: "plain",
				pre_tags: ["<b>"],
				post_tags: ["</b>"],
				fields: { text: { number_of_fragments: 0 } },
			},
		}),
		search(
			"a hybrid query",
			{
				query: hybrid([match("cat"), near]),
				size: 3,
				highlight: { fields: { text: {}, title: {} } },
			},
			normal,
		),
		search("no model", { query: near, highlight: semantic() }),
		search("a model that is not there", {
			query: near,
			highlight: semantic({ model_id: "unknown" }),
		}),
		search("an empty model", {
			query: near,
			highlight: semantic({ model_id: "" }),
		}),
		search("no hits", {
			query: match("nothing"),
			highlight: semantic({ model_id: "unknown" }),
		}),
		search("a field that no hit has", {
			query: near,
			_source: true,
			highlight: {
				fields: { nowhere: { type: "semantic" } },
				options: { model_id: "unknown" },
			},
		}),
	],
};
