import { InvalidDefinition } from "../invalid-definition.ts";
import { isObject, type JsonObject } from "../json.ts";
import { refuseUnsupported } from "../processors/processor.ts";
import { ownName } from "./guard-processor.ts";

/**
 * Refuses a pipeline with a processor of the sidecar's in a place where nothing could guard it: only an object of its
 * own among the pipeline's processors, or in a `foreach` there, is such a place.
 *
 * @throws InvalidDefinition
 */
export function refuseMisplaced(pipeline: JsonObject): void {
	for (const processor of asArray(pipeline.processors))
		checkPlace(processor, processor);
	for (const handler of asArray(pipeline.on_failure))
		refuseOwn(handler, "can't stand in a pipeline's on_failure");
}

/**
 * A place that is a good one, so far.
 *
 * @param outermost the processor of the pipeline that has this one inside
 */
function checkPlace(processor: unknown, outermost: unknown): void {
	if (!isObject(processor)) return;
	const own = ownName(processor);
	if (own !== undefined && isObject(outermost))
		for (const object of [processor, outermost]) refuseCompany(own, object);
	for (const [name, options] of Object.entries(processor)) {
		refuseUnsupported(name);
		if (!isObject(options)) continue;
		if (name === "foreach") checkPlace(options.processor, outermost);
		else refuseOwn(options.processor, misplacedInside);
		for (const handler of asArray(options.on_failure))
			refuseOwn(handler, misplacedInside);
	}
}

const misplacedInside =
	"can't stand inside another processor or its on_failure";

/** OpenSearch takes an object with several keys for as many processors. */
function refuseCompany(own: string, processor: JsonObject): void {
	const others = Object.keys(processor).filter((name) => name !== own);
	if (Object.keys(processor).length > 1)
		throw misplaced(
			own,
			`can't share an object with another processor [${others.join(", ")}]`,
		);
}

/** @throws InvalidDefinition for a processor of the sidecar's, or one that has such a one inside */
function refuseOwn(processor: unknown, problem: string): void {
	if (!isObject(processor)) return;
	const own = ownName(processor);
	if (own !== undefined) throw misplaced(own, problem);
	for (const [name, options] of Object.entries(processor)) {
		refuseUnsupported(name);
		if (!isObject(options)) continue;
		for (const inner of [options.processor, ...asArray(options.on_failure)])
			refuseOwn(inner, misplacedInside);
	}
}

function misplaced(name: string, problem: string): InvalidDefinition {
	return new InvalidDefinition(
		"parse_exception",
		`[${name}] ${problem}: put it in an object of its own among the pipeline's processors`,
	);
}

function asArray(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? value : [];
}
