import { isObject } from "../json.ts";
import { conditionField, type Stage } from "../step.ts";

/** A `pipeline` processor: which pipeline it runs, and when. */
export interface PipelineCall {
	readonly name: string;
	/** Whether the name is a template, so that each document says itself where it goes. */
	readonly templated: boolean;
	readonly condition: unknown;
}

export function readCall(processor: unknown): PipelineCall | undefined {
	if (!isObject(processor) || !isObject(processor.pipeline)) return undefined;
	const { name, if: condition } = processor.pipeline;
	return typeof name === "string"
		? { name, condition, templated: name.includes("{{") }
		: undefined;
}

/** What leads into one of the pipelines that a call may run. */
export function stagesInto(
	id: string,
	{ name, templated, condition }: PipelineCall,
	before: readonly unknown[],
): Stage[] {
	if (!templated) return stagesTo(before, condition);
	const set = {
		field: conditionField,
		value: name,
		...(condition !== undefined && { if: condition }),
	};
	return [
		{ processors: [...before, { set }], conditional: true, expected: id },
	];
}

/** What leads to a processor with a condition, or without one. */
export function stagesTo(
	before: readonly unknown[],
	condition: unknown,
): Stage[] {
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
