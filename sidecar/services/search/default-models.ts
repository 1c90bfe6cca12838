import pLimit from "p-limit";
import { embeddedFields } from "../../../ingest/embedded-fields.ts";
import type { Step } from "../../../ingest/step.ts";
import { SidecarError } from "../../errors.ts";
import type { PipelineService } from "../writes/pipelines.ts";
import type { TypesByIndex } from "./field-types.ts";

/** Indices whose pipelines are looked up at the same time. */
const atOnce = 8;

export interface DefaultModelsOptions {
	pipelines: PipelineService;
	/** Whether there are such models at all. */
	enabled: boolean;
}

/** The models of queries that name none: those by which the vectors are made that the queries look for. */
export class DefaultModels {
	readonly #options: DefaultModelsOptions;

	constructor(options: DefaultModelsOptions) {
		this.#options = options;
	}

	/**
	 * The model that the pipelines of indices use for a field; undefined where none does.
	 *
	 * @param types the field's, by index
	 * @throws SidecarError bad_request where it is another one in another index
	 */
	async of(field: string, types: TypesByIndex): Promise<string | undefined> {
		const { pipelines, enabled } = this.#options;
		if (!enabled || !(await pipelines.anyGuarded())) return undefined;
		const limit = pLimit(atOnce);
		const indices = [...types].flatMap(([index, type]) => (type ? index : []));
		const found = await limit.map(indices, async (index) => {
			const { steps } = await pipelines.forWrite(index, undefined);
			return { index, modelId: modelFor(steps, field) };
		});
		const [first, ...others] = found.filter(({ modelId }) => modelId);
		const other = others.find(({ modelId }) => modelId !== first?.modelId);
		if (first && other)
			throw new SidecarError(
				"bad_request",
				`model_id must be provided: the pipelines of [${first.index}] and [${other.index}] use the models ${first.modelId} and ${other.modelId} for [${field}]`,
			);
		return first?.modelId;
	}
}

/** The model of the last step that puts vectors, or weights of tokens, into a field. */
function modelFor(steps: readonly Step[], field: string): string | undefined {
	return embeddedFields(steps).findLast((one) => one.field === field)?.modelId;
}
