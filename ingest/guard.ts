import { type Guard, isRemoval, keyOf, readGuard } from "./guard-processor.ts";
import { isObject } from "./json.ts";
import { conditionField, type Stage, type Step } from "./step.ts";

export { done, reasonField } from "./guard-processor.ts";

/** Pipelines as they are stored, by id. */
export type StoredPipelines = ReadonlyMap<string, unknown>;

/** How a write comes to a pipeline. */
interface Way {
	/** What it has gone through. */
	readonly stages: readonly Stage[];
	/** The pipelines that it is in: OpenSearch refuses one that calls itself. */
	readonly ids: readonly string[];
}

/** The processors that a stored pipeline's guards stand for, in order; none where it has none, whatever is stored. */
export function guardsIn(stored: unknown): Guard[] {
	return processorsOf(stored).flatMap(
		(processor) => readGuard(processor) ?? [],
	);
}

/** The steps of a write that goes through a pipeline, and through those that it calls, in order. */
export function stepsOf(
	id: string,
	pipelines: StoredPipelines,
	way: Way = { stages: [], ids: [] },
): Step[] {
	if (way.ids.includes(id)) return [];
	const processors = processorsOf(pipelines.get(id));
	const [own] = guardsIn(pipelines.get(id));
	const steps: Step[] = [];
	const before: unknown[] = [];
	const wayTo = (condition: unknown): Stage[] => [
		...way.stages,
		...stageOf(before, condition),
	];
	for (const [position, processor] of processors.entries()) {
		const guard = readGuard(processor);
		if (guard) {
			const { mark } = guard;
			// A guard with another mark was not written by the sidecar in this place: it goes on refusing documents.
			if (mark === own?.mark)
				steps.push({
					mark,
					key: keyOf(position),
					processor: guard.processor,
					stages: wayTo(guard.condition),
					conditional: guard.condition !== undefined,
				});
			continue;
		}
		if (own && isRemoval(processor, own.mark)) continue;
		const call = readCall(processor);
		if (call)
			steps.push(
				...stepsOf(call.name, pipelines, {
					stages: wayTo(call.condition),
					ids: [...way.ids, id],
				}),
			);
		before.push(processor);
	}
	return steps;
}

/** The steps of a write that goes through one pipeline and then through another one, which sees what the first leaves. */
export function stepsBehind(
	first: string,
	final: string,
	pipelines: StoredPipelines,
): Step[] {
	const stored = pipelines.get(first);
	const changes = processorsOf(stored).some((processor) => {
		const mark = readGuard(processor)?.mark;
		return (
			mark === undefined &&
			!guardsIn(stored).some((guard) => isRemoval(processor, guard.mark))
		);
	});
	const processors = [{ pipeline: { name: first } }];
	return stepsOf(final, pipelines, {
		stages: changes ? [{ processors, conditional: false }] : [],
		ids: [],
	});
}

function processorsOf(stored: unknown): readonly unknown[] {
	return isObject(stored) && Array.isArray(stored.processors)
		? stored.processors
		: [];
}

function readCall(
	processor: unknown,
): { name: string; condition: unknown } | undefined {
	if (!isObject(processor) || !isObject(processor.pipeline)) return undefined;
	const { name, if: condition } = processor.pipeline;
	return typeof name === "string" ? { name, condition } : undefined;
}

function stageOf(before: readonly unknown[], condition: unknown): Stage[] {
	if (condition !== undefined) {
		const probe = {
			set: { field: conditionField, value: true, if: condition },
		};
		return [{ processors: [...before, probe], conditional: true }];
	}
	return before.length === 0
		? []
		: [{ processors: [...before], conditional: false }];
}
