import {
	hybrid,
	match,
	neural,
	type SearchCase,
	type SearchTopic,
	searching,
	sparse,
	withFractions,
} from "./case.ts";

const cat = "a warm cat on a cold night";
const three = hybrid([match(cat), neural(cat, { k: 8 }), sparse("warm cat")]);
const two = hybrid([match(cat), neural(cat, { k: 8 })]);
const sparseHits = hybrid([match("violin"), match("wood"), neural(cat)]);

type Json = Readonly<Record<string, unknown>>;

/** The same searches with techniques named in the request. */
function combined(name: string, processor: Json): SearchCase {
	const search_pipeline = {
		phase_results_processors: [{ "normalization-processor": processor }],
	};
	const bodies = [three, sparseHits].map((query) => ({
		query,
		size: 8,
		search_pipeline,
	}));
	return {
		name,
		calls: [
			...bodies.map((body) => withFractions(searching(body))),
			...bodies
				.slice(0, 1)
				.map((body) => withFractions(searching(body, { on: "<spread>" }))),
		],
	};
}

function bounded(name: string, parameters: Json): SearchCase {
	const search_pipeline = {
		phase_results_processors: [
			{
				"normalization-processor": {
					normalization: { technique: "min_max", parameters },
				},
			},
		],
	};
	return {
		name,
		calls: [
			withFractions(searching({ query: two, size: 20, search_pipeline })),
		],
	};
}

const technique = (
	normalization: string,
	combination: string,
	weights?: Json,
) =>
	combined(
		`${normalization} and ${combination}${weights ? " with weights" : ""}`,
		{
			normalization: { technique: normalization },
			combination: {
				technique: combination,
				...(weights && { parameters: weights }),
			},
		},
	);

const weights = { weights: [0.2, 0.5, 0.3] };
const means = ["arithmetic_mean", "geometric_mean", "harmonic_mean"] as const;

/** Every way of making one score of several. */
export const hybridTechniques: SearchTopic = {
	name: "hybrid techniques",
	cases: [
		...["min_max", "l2"].flatMap((one) =>
			means.flatMap((mean) => [
				technique(one, mean),
				technique(one, mean, weights),
			]),
		),
		technique("z_score", "arithmetic_mean"),
		technique("z_score", "arithmetic_mean", weights),
		combined("a weight of 0", {
			combination: { parameters: { weights: ["0.0", 0.4, 0.6] } },
		}),
		combined("one weight of 1", {
			combination: { parameters: { weights: ["1.0", "0.0", "0.0"] } },
		}),
		combined("a geometric mean with a weight of 0", {
			combination: {
				technique: "geometric_mean",
				parameters: { weights: ["0.0", 0.4, 0.6] },
			},
		}),
		combined("too few weights", {
			combination: { parameters: { weights: [0.4, 0.6] } },
		}),
		combined("a combination alone", {
			combination: { technique: "harmonic_mean" },
		}),
		combined("a normalization alone", { normalization: { technique: "l2" } }),
		bounded("lower bounds applied", {
			lower_bounds: [
				{ mode: "apply", min_score: 0.5 },
				{ mode: "apply", min_score: 0.6 },
			],
		}),
		bounded("lower bounds over the scores", {
			lower_bounds: [
				{ mode: "apply", min_score: "2.0" },
				{ mode: "apply", min_score: 0.84 },
			],
		}),
		bounded("lower bounds that clip", {
			lower_bounds: [
				{ mode: "clip", min_score: 1.5 },
				{ mode: "clip", min_score: 0.83 },
			],
		}),
		bounded("lower bounds that are ignored", {
			lower_bounds: [
				{ mode: "ignore", min_score: 1.5 },
				{ mode: "apply", min_score: 0.7 },
			],
		}),
		bounded("lower bounds with nothing said", {
			lower_bounds: [{ mode: "apply" }, {}],
		}),
		bounded("upper bounds applied", {
			upper_bounds: [
				{ mode: "apply", max_score: "4.0" },
				{ mode: "apply", max_score: 0.95 },
			],
		}),
		bounded("upper bounds below the scores", {
			upper_bounds: [
				{ mode: "apply", max_score: "2.0" },
				{ mode: "apply", max_score: 0.84 },
			],
		}),
		bounded("upper bounds that clip", {
			upper_bounds: [
				{ mode: "clip", max_score: "2.0" },
				{ mode: "clip", max_score: 0.84 },
			],
		}),
		bounded("upper bounds that are ignored", {
			upper_bounds: [
				{ mode: "ignore", max_score: "2.0" },
				{ mode: "ignore", max_score: 0.84 },
			],
		}),
		bounded("both bounds", {
			lower_bounds: [
				{ mode: "apply", min_score: 0.1 },
				{ mode: "clip", min_score: 0.82 },
			],
			upper_bounds: [
				{ mode: "clip", max_score: "3.0" },
				{ mode: "apply", max_score: 0.9 },
			],
		}),
		bounded("too few bounds", {
			lower_bounds: [{ mode: "apply", min_score: 0.1 }],
		}),
		bounded("too many bounds", {
			lower_bounds: [
				{ mode: "apply", min_score: 0.1 },
				{ mode: "apply", min_score: 0.1 },
				{ mode: "apply", min_score: 0.1 },
			],
		}),
	],
};
