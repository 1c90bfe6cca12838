import type { Node } from "jsonc-parser";
import type { FieldMap } from "../processors/field-map-definition.ts";
import type { Processor } from "../processors/processor.ts";
import type { Slot } from "../slot.ts";
import type { Step } from "../step.ts";
import {
	isEmpty,
	isPresent,
	type MappedSource,
	mappedSources,
	presentPart,
	targetsOf,
} from "./mapped-source.ts";

/** A field that gets a value because its source has nothing any more. */
export interface Emptied extends Pick<Slot, "object" | "target"> {
	/** JSON text. */
	readonly json: string;
}

/** What the steps of a pipeline have to do for a partial document. */
export interface PartialWork {
	/** Those that find a source of theirs in it, each for these sources only. */
	readonly steps: readonly Step[];
	/** Those that find none: what they made of the rest of the document still holds. */
	readonly idle: readonly Step[];
	readonly emptied: readonly Emptied[];
}

/**
 * What a partial document changes of what was made of the whole one. A step's source may also be what a step
 * before it makes.
 */
export function partialWork(steps: readonly Step[], doc: Node): PartialWork {
	const work: Step[] = [];
	const idle: Step[] = [];
	const emptied: Emptied[] = [];
	const made = new Set<string>();
	const gone = new Set<string>();
	for (const step of steps) {
		const { processor } = step;
		const narrowed = narrow(processor, doc, made);
		if (narrowed) {
			work.push({ ...step, processor: narrowed });
			for (const target of targetsMadeBy(narrowed)) made.add(target);
		} else {
			idle.push(step);
		}
		const map = fieldMapOf(processor);
		for (const source of map ? mappedSources(doc, map) : []) {
			const isGone = source.value
				? isEmpty(source.value)
				: gone.has([...source.object, source.name].join("."));
			if (!isGone) continue;
			gone.add([...source.object, ...source.target].join("."));
			emptied.push(emptiedBy(source, processor));
		}
	}
	return { steps: work, idle, emptied };
}

/** Fields of a whole document whose sources had something before it was changed, and have nothing now. */
export function emptiedIn(
	document: Node,
	before: Node,
	steps: readonly Step[],
): Emptied[] {
	return steps.flatMap(({ processor }) => {
		const map = fieldMapOf(processor);
		if (!map) return [];
		const had = new Set(
			mappedSources(before, map)
				.filter(({ value }) => !isEmpty(value))
				.map(keyOf),
		);
		return mappedSources(document, map)
			.filter((source) => isEmpty(source.value) && had.has(keyOf(source)))
			.map((source) => emptiedBy(source, processor));
	});
}

/**
 * Whether what a processor makes of a text is an object: an update would merge it with the one that is stored, and not
 * put it in its place.
 */
export function makesObjects({ processor }: Step): boolean {
	switch (processor.kind) {
		case "sparse_encoding":
		case "ml_inference":
			return true;
		case "semantic_field":
			return processor.prune !== undefined && !processor.chunking;
		default:
			return false;
	}
}

/** Whether results of several sources go to one place, so that the last of them counts. */
export function shareTargets(steps: readonly Step[]): boolean {
	const targets = steps.flatMap(({ processor }) => targetsMadeBy(processor));
	return new Set(targets).size < targets.length;
}

/** A processor for those of its sources that a partial document has; undefined where it has none. */
function narrow(
	processor: Processor,
	doc: Node,
	made: ReadonlySet<string>,
): Processor | undefined {
	if (processor.kind === "ml_inference")
		return processor.predictions.some(({ sources }) =>
			sources.some((source) => isPresent(doc, source, made)),
		)
			? processor
			: undefined;
	const fieldMap = presentPart(doc, processor.fieldMap, made);
	return fieldMap && { ...processor, fieldMap };
}

function targetsMadeBy(processor: Processor): string[] {
	return processor.kind === "ml_inference"
		? processor.predictions.flatMap(({ outputs }) =>
				outputs.map(({ target }) => target),
			)
		: targetsOf(processor.fieldMap);
}

function emptiedBy(
	{ object, target }: MappedSource,
	{ kind }: Processor,
): Emptied {
	const json =
		kind === "sparse_encoding"
			? "{}"
			: kind === "text_chunking"
				? "[]"
				: "null";
	return { object: [...object], target, json };
}

function keyOf({ object, target }: MappedSource): string {
	return JSON.stringify([object, target]);
}

function fieldMapOf(processor: Processor): FieldMap | undefined {
	return processor.kind === "ml_inference" ? undefined : processor.fieldMap;
}
