import { isObject, type JsonObject } from "../json.ts";
import { conditionField, type Stage, type Step } from "../step.ts";
import {
	type Guard,
	guardWithin,
	isRaising,
	isRemoval,
	keyOf,
} from "./guard-processor.ts";
import {
	type PipelineCall,
	readCall,
	stagesInto,
	stagesTo,
} from "./pipeline-call.ts";

export { done, reasonField } from "./guard-processor.ts";

/** Pipelines as they are stored, by id. */
export type StoredPipelines = ReadonlyMap<string, unknown>;

/** How a write comes to a pipeline. */
interface Way {
	/** What it has gone through. */
	readonly stages: readonly Stage[];
	/** The pipelines that it is in: OpenSearch refuses one that calls itself. */
	readonly ids: readonly string[];
	/** Whether a document has named one of them itself: what it names in there is not looked for. */
	readonly named: boolean;
}

/** A guard, and the `foreach` that it stands in where it does not stand by itself. */
interface FoundGuard extends Guard {
	readonly foreach?: JsonObject;
}

const straight: Way = { stages: [], ids: [], named: false };

/** Runs of pipelines that are followed for one write: those that call each other twice double with every level. */
const mostRuns = 1_000;

/** The processors that a stored pipeline's guards stand for, in order; none where it has none, whatever is stored. */
export function guardsIn(stored: unknown): Guard[] {
	return processorsOf(stored).flatMap(
		(processor) => findGuard(processor) ?? [],
	);
}

/** The steps of a write that goes through a pipeline, and through those that it calls, in order. */
export function stepsOf(id: string, pipelines: StoredPipelines): Step[] {
	return new Walk(pipelines).through(id, straight);
}

/** The steps of a write that goes through one pipeline and then through another one, which sees what the first leaves. */
export function stepsThrough(
	first: string,
	final: string,
	pipelines: StoredPipelines,
): Step[] {
	const stage: Stage = {
		processors: [{ pipeline: { name: first } }],
		conditional: false,
		staysInIndex: true,
	};
	const changes = changesDocuments(pipelines.get(first));
	const walk = new Walk(pipelines);
	return [
		...walk.through(first, straight),
		...walk.through(final, { ...straight, stages: changes ? [stage] : [] }),
	];
}

/** Follows one write. */
class Walk {
	readonly #pipelines: StoredPipelines;
	readonly #met = new Set<string>();
	#runs = 0;

	constructor(pipelines: StoredPipelines) {
		this.#pipelines = pipelines;
	}

	through(id: string, way: Way): Step[] {
		if (way.ids.includes(id) || this.#runs++ >= mostRuns) return [];
		const stored = this.#pipelines.get(id);
		const [own] = guardsIn(stored);
		const steps: Step[] = [];
		const before: unknown[] = [];
		for (const [position, processor] of processorsOf(stored).entries()) {
			const guard = findGuard(processor);
			if (guard) {
				// A guard with another mark was not written by the sidecar in this place: it goes on refusing documents.
				if (guard.mark === own?.mark) {
					const stages = [...way.stages, ...stagesToGuard(before, guard)];
					steps.push(this.#step(id, keyOf(position), { guard, stages }));
				}
				if (handlesFailure(processor)) before.push(processor);
				continue;
			}
			if (own && isRemoval(processor, own.mark)) continue;
			const call = readCall(processor);
			if (call) steps.push(...this.#called(call, before, { id, way }));
			before.push(processor);
		}
		return steps;
	}

	/** The steps in the pipelines that a call may run. */
	#called(
		call: PipelineCall,
		before: readonly unknown[],
		{ id, way }: { id: string; way: Way },
	): Step[] {
		const { name, templated } = call;
		if (templated && way.named) return [];
		const names = templated
			? [...this.#pipelines.keys()].filter((candidate) =>
					leadsToGuards(candidate, this.#pipelines),
				)
			: [name];
		return names.flatMap((next) =>
			this.through(next, {
				stages: [...way.stages, ...stagesInto(next, call, before)],
				ids: [...way.ids, id],
				named: way.named || templated,
			}),
		);
	}

	#step(
		id: string,
		key: string,
		{ guard, stages }: { guard: FoundGuard; stages: readonly Stage[] },
	): Step {
		const { mark, processor, condition, foreach } = guard;
		const place = `${mark}.${key}`;
		const repeats = this.#met.has(place);
		this.#met.add(place);
		return {
			mark,
			key,
			processor,
			stages,
			conditional: condition !== undefined || foreach !== undefined,
			...(foreach && { inForeach: true }),
			...(repeats && { repeats: id }),
		};
	}
}

/** Whether a pipeline has guards, or those that it calls by their names. */
function leadsToGuards(
	id: string,
	pipelines: StoredPipelines,
	seen = new Set<string>(),
): boolean {
	if (seen.has(id)) return false;
	seen.add(id);
	const stored = pipelines.get(id);
	return (
		guardsIn(stored).length > 0 ||
		processorsOf(stored).some((processor) => {
			const call = readCall(processor);
			return call !== undefined && leadsToGuards(call.name, pipelines, seen);
		})
	);
}

function findGuard(processor: unknown): FoundGuard | undefined {
	const guard = guardWithin(processor);
	const foreach = isObject(processor) ? processor.foreach : undefined;
	return guard && isObject(foreach) ? { ...guard, foreach } : guard;
}

/** A `foreach` runs its processor once for each thing in its list: not at all for an empty one. */
function stagesToGuard(
	before: readonly unknown[],
	{ condition, foreach }: FoundGuard,
): Stage[] {
	if (!foreach) return stagesTo(before, condition);
	const set = {
		field: conditionField,
		value: true,
		...(condition !== undefined && { if: condition }),
	};
	const probe = { foreach: withInner(foreach, { set }) };
	return [{ processors: [...before, probe], conditional: true }];
}

/** A `foreach` with another processor where it, or the innermost one in it, has a guard. */
function withInner(foreach: JsonObject, processor: JsonObject): JsonObject {
	const inner = foreach.processor;
	return isObject(inner) && isObject(inner.foreach)
		? {
				...foreach,
				processor: { foreach: withInner(inner.foreach, processor) },
			}
		: { ...foreach, processor };
}

/** Whether documents leave a pipeline changed, but for what the sidecar has put into them before. */
function changesDocuments(stored: unknown): boolean {
	const [own] = guardsIn(stored);
	const changes = (processor: unknown) =>
		!(own && isRemoval(processor, own.mark)) &&
		(guardWithin(processor) === undefined || handlesFailure(processor));
	return (
		processorsOf(stored).some(changes) ||
		(isObject(stored) && asArray(stored.on_failure).some(changes))
	);
}

/** Whether a processor has handlers of its own, which may change a document on which it fails. */
function handlesFailure(processor: unknown): boolean {
	return (
		isObject(processor) &&
		Object.values(processor).some(
			(options) =>
				isObject(options) &&
				asArray(options.on_failure).length > 0 &&
				!asArray(options.on_failure).some(isRaising),
		)
	);
}

function processorsOf(stored: unknown): readonly unknown[] {
	return isObject(stored) ? asArray(stored.processors) : [];
}

function asArray(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? value : [];
}
