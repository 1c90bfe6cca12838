import type { Logger } from "pino";
import type { Settings } from "../../../schemas/settings.ts";
import { SidecarError } from "../../errors.ts";
import type {
	EmbeddingSpaceStore,
	SpacesByField,
} from "../../store/embedding-spaces.ts";
import { ExpiringCache } from "../expiring-cache.ts";
import { isPattern, type TypesByIndex } from "./field-types.ts";
import type { KnownModel, KnownModels } from "./known-models.ts";

/** Expressions that are remembered at most, and warnings that are not logged again. */
const maxEntries = 10_000;
const maxLogged = 1_000;

/** What becomes of a query by another model than the one that wrote the vectors. */
type SpaceCheck = Settings["SIDECAR_EMBEDDING_SPACE_CHECK"];

export interface EmbeddingSpacesOptions {
	store: EmbeddingSpaceStore;
	models: KnownModels;
	check: SpaceCheck;
	/** How long what the cluster said is good for. */
	cacheMs: number;
	now: () => number;
	logger: Logger;
}

/** A query by a model in a field. */
export interface SearchedSpace {
	readonly target: string | undefined;
	readonly field: string;
	readonly types: TypesByIndex;
	readonly model: KnownModel;
}

/** Keeps queries from looking for a model's vectors among those of another model, whose distances mean nothing. */
export class EmbeddingSpaces {
	readonly #options: EmbeddingSpacesOptions;
	readonly #spaces: ExpiringCache<ReadonlyMap<string, SpacesByField>>;
	readonly #logged = new Set<string>();

	constructor(options: EmbeddingSpacesOptions) {
		this.#options = options;
		const { cacheMs, now } = options;
		this.#spaces = new ExpiringCache({ ttlMs: cacheMs, maxEntries, now });
	}

	/**
	 * @returns what whoever searches should know
	 * @throws SidecarError bad_request where the model's vectors do not fit the field, or are not to be compared with its
	 */
	async check(searched: SearchedSpace): Promise<readonly string[]> {
		const { field, types, model } = searched;
		const vectors = [...types].flatMap(([index, type]) =>
			type?.type === "knn_vector" ? [{ index, ...type }] : [],
		);
		const indices = vectors.filter(({ dimension }) =>
			fits(dimension, model.dimension),
		);
		const misfit = vectors.find((one) => !indices.includes(one));
		// A pattern may fit indices that whoever searches may not see.
		if (misfit && (indices.length === 0 || !isPattern(searched.target)))
			throw await this.#misfit(searched, misfit);
		if (this.#options.check === "off" || indices.length === 0) return [];
		const spaces = await this.#recorded(searched.target);
		for (const { index } of indices) {
			const writer = spaces.get(index)?.get(field);
			if (!writer || writer.contentHash === model.contentHash) continue;
			const reason = `the vectors of [${field}] in [${index}] were written by ${await this.#nameOf(writer.modelId)}, the query is by ${shown(model)}, whose content is another: their vectors may not be comparable`;
			if (this.#options.check === "refuse")
				throw new SidecarError("bad_request", reason);
			this.#logOnce(`${index}\n${field}\n${model.id}`, reason);
			return [reason];
		}
		return [];
	}

	/** Forgets what the cluster said. */
	forget(): void {
		this.#spaces.clear();
	}

	/** In the words of k-NN, and with the names of both models. */
	async #misfit(
		{ target, field, model }: SearchedSpace,
		{ index, dimension }: { index: string; dimension?: number },
	): Promise<SidecarError> {
		const spaces = await this.#recorded(target);
		const writer = spaces.get(index)?.get(field);
		const written = writer
			? `, whose vectors were written by ${await this.#nameOf(writer.modelId)}`
			: "";
		return new SidecarError(
			"bad_request",
			`Query vector has invalid dimension: ${model.dimension}. Dimension should be: ${dimension}: ${shown(model)} does not fit [${field}] of [${index}]${written}`,
		);
	}

	#recorded(
		target: string | undefined,
	): Promise<ReadonlyMap<string, SpacesByField>> {
		return this.#spaces.get(target ?? "", () =>
			this.#options.store.read(target),
		);
	}

	/** A model that wrote vectors may be gone since. */
	async #nameOf(id: string): Promise<string> {
		try {
			return shown(await this.#options.models.get(id));
		} catch (error) {
			if (error instanceof SidecarError && error.code === "not_found")
				return `the model ${id}, which is gone`;
			throw error;
		}
	}

	#logOnce(key: string, reason: string): void {
		if (this.#logged.has(key)) return;
		if (this.#logged.size >= maxLogged) this.#logged.clear();
		this.#logged.add(key);
		this.#options.logger.warn(reason);
	}
}

/** Where a dimension is not known, OpenSearch finds out. */
function fits(dimension: number | undefined, of: number | undefined): boolean {
	return dimension === undefined || of === undefined || dimension === of;
}

function shown({ name, id }: KnownModel): string {
	return `the model [${name}] (${id})`;
}
