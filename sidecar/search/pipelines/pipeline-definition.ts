import {
	InvalidDefinition,
	illegal,
} from "../../../ingest/invalid-definition.ts";
import { isObject, type JsonObject } from "../../../ingest/json.ts";
import { javaDouble } from "../../../ingest/processors/definition-options.ts";
import {
	coreProcessorNames,
	isCoreProcessor,
	parseCoreProcessor,
} from "./core-processors.ts";
import { parseNormalization } from "./normalization.ts";
import { ProcessorDefinition } from "./processor-definition.ts";
import { parseQueryEnricher } from "./query-enricher.ts";
import { parseRerank, type RerankLimits } from "./rerank-definition.ts";
import { parseScoreRanker } from "./score-ranker.ts";
import type {
	HybridCombination,
	RequestProcessor,
	ResponseProcessor,
	SearchPipeline,
} from "./search-pipeline.ts";
import { parseTwoPhase } from "./two-phase.ts";

/** The lists of processors that a pipeline has. */
export const processorLists = [
	"request_processors",
	"response_processors",
	"phase_results_processors",
] as const;

export type ProcessorList = (typeof processorLists)[number];

type Parse<P> = (values: unknown, limits: RerankLimits) => P;

const requestParsers = new Map<string, Parse<RequestProcessor>>([
	["neural_query_enricher", parseQueryEnricher],
	["neural_sparse_two_phase_processor", parseTwoPhase],
]);

const phaseParsers = new Map<string, Parse<HybridCombination>>([
	["normalization-processor", parseNormalization],
	["score-ranker-processor", parseScoreRanker],
]);

const responseParsers = new Map<string, Parse<ResponseProcessor>>([
	["rerank", parseRerank],
	["hybrid_score_explanation", parseExplanation],
]);

const parsers = {
	request_processors: requestParsers,
	response_processors: responseParsers,
	phase_results_processors: phaseParsers,
} as const;

/** The name under which an element of a list holds the options of a processor of the sidecar's. */
export function ownNameIn(
	list: ProcessorList,
	element: unknown,
): string | undefined {
	return isObject(element)
		? Object.keys(element).find((name) => parsers[list].has(name))
		: undefined;
}

/**
 * What of a pipeline is the sidecar's to do; undefined where nothing is, whatever it holds.
 *
 * @throws InvalidDefinition when a processor that the sidecar runs is not valid, or it can't run one that it has to
 */
export function readSearchPipeline(
	definition: unknown,
	limits: RerankLimits,
): SearchPipeline | undefined {
	if (!isObject(definition)) return undefined;
	const named = processorLists.flatMap((list) =>
		elementsOf(definition, list).map((element) => ownNameIn(list, element)),
	);
	if (named.every((name) => name === undefined)) return undefined;
	const request = ownOf(definition, "request_processors").map(
		([name, values]) => requestParsers.get(name)?.(values, limits),
	);
	const response = behindOwn(definition).flatMap((element) =>
		readResponse(element, limits),
	);
	const [combination] = ownOf(definition, "phase_results_processors").map(
		([name, values]) => phaseParsers.get(name)?.(values, limits),
	);
	return {
		request: request.filter((processor) => processor !== undefined),
		// Scores that the first one has combined are no sub-queries' to the next.
		combination,
		response,
		isOwn: isOwn(definition),
		...readOversampling(definition),
	};
}

/** Whether the cluster has nothing to run of it. */
function isOwn(definition: JsonObject): boolean {
	return processorLists.every((list) => {
		const names = elementsOf(definition, list).map((element) =>
			ownNameIn(list, element),
		);
		return list === "response_processors"
			? names.length === 0 || names[0] !== undefined
			: !names.includes(undefined);
	});
}

/** Where the response processors begin that the sidecar runs; undefined where it runs none. */
export function firstOwnResponse(
	elements: readonly unknown[],
): number | undefined {
	const first = elements.findIndex(
		(element) => ownNameIn("response_processors", element) !== undefined,
	);
	return first < 0 ? undefined : first;
}

function behindOwn(definition: JsonObject): readonly unknown[] {
	const elements = elementsOf(definition, "response_processors");
	const first = firstOwnResponse(elements);
	return first === undefined ? [] : elements.slice(first);
}

/** The processors of the sidecar's in a list, each with its name and options. */
function ownOf(
	definition: JsonObject,
	list: ProcessorList,
): readonly [name: string, values: unknown][] {
	return elementsOf(definition, list).flatMap((element) => {
		const name = ownNameIn(list, element);
		if (name === undefined || !isObject(element)) return [];
		refuseCompany(name, element);
		return [[name, element[name]]];
	});
}

function readResponse(
	element: unknown,
	limits: RerankLimits,
): ResponseProcessor[] {
	if (!isObject(element))
		throw new InvalidDefinition(
			"parse_exception",
			"[response_processors] holds what is no object",
		);
	return Object.entries(element).map(([name, values]) => {
		const parse = responseParsers.get(name);
		if (parse) {
			refuseCompany(name, element);
			return parse(values, limits);
		}
		if (isCoreProcessor(name)) return parseCoreProcessor(name, values);
		throw illegal(
			`[${name}] can't stand behind a response processor that OpenSearch does not know: those from there on are run by the sidecar, which knows [${[...responseParsers.keys(), ...coreProcessorNames].join(", ")}]; put it before them`,
		);
	});
}

/** OpenSearch takes an object with several keys for as many processors. */
function refuseCompany(own: string, element: JsonObject): void {
	const others = Object.keys(element).filter((name) => name !== own);
	if (others.length > 0)
		throw new InvalidDefinition(
			"parse_exception",
			`[${own}] can't share an object with another processor [${others.join(", ")}]: put it in an object of its own`,
		);
}

function parseExplanation(values: unknown): ResponseProcessor {
	const definition = new ProcessorDefinition(
		"hybrid_score_explanation",
		values,
	);
	definition.refuseOthers([]);
	return { kind: "explanation", ...definition.rules };
}

/** What is wrong with an `oversample` is OpenSearch's to say: it runs it. */
function readOversampling(
	definition: JsonObject,
): Pick<SearchPipeline, "oversampled" | "sampleFactor"> {
	const found = elementsOf(definition, "request_processors").flatMap(
		(element) => {
			const options = isObject(element) ? element.oversample : undefined;
			return isObject(options) ? [options] : [];
		},
	);
	const prefixes = found.map(({ context_prefix: prefix }) =>
		typeof prefix === "string" && prefix !== "" ? prefix : undefined,
	);
	const factors = found.map(({ sample_factor: factor }) => javaDouble(factor));
	return {
		oversampled: new Set(prefixes),
		sampleFactor: factors.reduce<number>(
			(product, factor) => product * (factor ?? 1),
			1,
		),
	};
}

function elementsOf(
	definition: JsonObject,
	list: ProcessorList,
): readonly unknown[] {
	const elements = definition[list];
	return Array.isArray(elements) ? elements : [];
}
