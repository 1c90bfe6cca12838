import type { FunctionName } from "../../../schemas/model.ts";
import { SidecarError } from "../../errors.ts";
import type { ModelStore } from "../../store/models.ts";
import { ExpiringCache } from "../expiring-cache.ts";

/** What is known of a model without running it. */
export interface KnownModel {
	readonly id: string;
	readonly name: string;
	readonly functionName: FunctionName;
	/** Of its vectors, where its configuration says it. */
	readonly dimension: number | undefined;
	readonly contentHash: string;
}

/** How long a document's id may be, bytes: OpenSearch's bound. */
const longestId = 512;

/** Models that are remembered at most. */
const maxModels = 1_000;

export interface KnownModelsOptions {
	models: ModelStore;
	/** How long what is known is good for. */
	cacheMs: number;
	now: () => number;
}

/** What queries and the records of indices have to know of models. */
export class KnownModels {
	readonly #store: ModelStore;
	readonly #models: ExpiringCache<KnownModel>;

	constructor({ models, cacheMs, now }: KnownModelsOptions) {
		this.#store = models;
		this.#models = new ExpiringCache({
			ttlMs: cacheMs,
			maxEntries: maxModels,
			now,
		});
	}

	/** @throws SidecarError not_found, in the words of neural-search */
	async get(id: string): Promise<KnownModel> {
		if (!mayBeId(id)) throw noModel(id);
		return this.#models.get(id, async () => {
			const model = await this.#store.get(id);
			if (!model || model.sidecar.deleting) throw noModel(id);
			return {
				id,
				name: model.name,
				functionName: model.algorithm,
				dimension: model.model_config?.embedding_dimension,
				contentHash: model.model_content_hash_value,
			};
		});
	}
}

/** Whether a document may have an id: one of white space can't be asked for, either. */
function mayBeId(id: string): boolean {
	return id.trim() !== "" && Buffer.byteLength(id) <= longestId;
}

function noModel(id: string): SidecarError {
	return new SidecarError(
		"not_found",
		`Failed to find model with the provided model id: ${id}`,
	);
}
