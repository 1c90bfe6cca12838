import {
	hybrid,
	match,
	neural,
	type SearchCase,
	search,
	searching,
} from "./case.ts";

const cat = "a warm cat on a cold night";
const queries = [match(cat), neural(cat, { k: 8 })];
const query = hybrid(queries);
const normal = "?search_pipeline=<normal>";

/** Hybrid searches with parameters, and through a point in time. */
export const hybridParameters: readonly SearchCase[] = [
	search(
		"parameters",
		{ query },
		{
			parameters: `${normal}&size=3&rest_total_hits_as_int=true&typed_keys=true`,
		},
	),
	search(
		"from as a parameter",
		{ query: hybrid(queries, { pagination_depth: 10 }) },
		{ parameters: `${normal}&size=3&from=2` },
	),
	search(
		"sort as a parameter",
		{ query, size: 3 },
		{ parameters: `${normal}&sort=year:desc` },
	),
	search(
		"routing",
		{ query },
		{ on: "<spread>", parameters: `${normal}&routing=b1` },
	),
	search(
		"a preference",
		{ query },
		{ on: "<spread>", parameters: `${normal}&preference=_shards:0,2` },
	),
	search(
		"dfs_query_then_fetch",
		{ query },
		{
			on: "<spread>",
			parameters: `${normal}&search_type=dfs_query_then_fetch`,
		},
	),
	search(
		"a missing index beside",
		{ query, size: 3 },
		{
			on: "<books>,<id>",
			parameters: `${normal}&ignore_unavailable=true`,
		},
	),
	search("a missing index", { query }, { on: "<id>", parameters: normal }),
	search("a scroll", { query }, { parameters: `${normal}&scroll=1m` }),
	{
		name: "a point in time",
		calls: [
			{
				method: "POST",
				path: "/<books>/_search/point_in_time?keep_alive=1m",
				prepares: true,
				takes: { pit: "pit_id" },
			},
			searching(
				{ query, size: 3, pit: { id: "<pit>", keep_alive: "1m" } },
				{ on: "", parameters: normal },
			),
			{
				method: "DELETE",
				path: "/_search/point_in_time",
				body: { pit_id: ["<pit>"] },
				prepares: true,
			},
		],
	},
];
