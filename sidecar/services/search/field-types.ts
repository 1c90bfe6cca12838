import type { Logger } from "pino";
import type { FieldType, FieldTypeStore } from "../../store/field-types.ts";
import { ExpiringCache } from "../expiring-cache.ts";

/** Fields of expressions that are remembered at most. */
const maxEntries = 10_000;

export interface FieldTypesOptions {
	store: FieldTypeStore;
	/** How long what the cluster said is good for. */
	cacheMs: number;
	now: () => number;
	logger: Logger;
}

/** By index; undefined where the field is not mapped. */
export type TypesByIndex = ReadonlyMap<string, FieldType | undefined>;

const nothing: TypesByIndex = new Map();

/** How the fields are mapped that queries look in; what the cluster says is remembered for a while. */
export class FieldTypes {
	readonly #store: FieldTypeStore;
	readonly #logger: Logger;
	readonly #types: ExpiringCache<TypesByIndex>;
	#warned = false;

	constructor({ store, cacheMs, now, logger }: FieldTypesOptions) {
		this.#store = store;
		this.#logger = logger;
		this.#types = new ExpiringCache({ ttlMs: cacheMs, maxEntries, now });
	}

	/**
	 * How a field is mapped in each of the indices that a search names; nothing for what is no name of one field, and
	 * for indices of other clusters.
	 *
	 * @param target all indices where a search names none
	 */
	async of(target: string | undefined, field: string): Promise<TypesByIndex> {
		const here = target === undefined ? undefined : localNames(target);
		if (here === "" || field === "" || /[*,]/.test(field)) return nothing;
		return this.#types.get(JSON.stringify([here, field]), async () => {
			const types = await this.#store.inIndices(here, field);
			if (!types) this.#warn();
			return types ?? nothing;
		});
	}

	/** Searches go on, as far as OpenSearch takes them: nothing is checked before. */
	#warn(): void {
		if (this.#warned) return;
		this.#warned = true;
		this.#logger.warn(
			"OpenSearch does not let the sidecar see how fields are mapped: its role needs indices:admin/mappings/fields/get",
		);
	}

	/** Forgets what the cluster said. */
	forget(): void {
		this.#types.clear();
		this.#warned = false;
	}
}

/** An expression without the names of indices of other clusters, `cluster:index`; a date within has colons, too. */
function localNames(target: string): string {
	return target
		.split(",")
		.filter((name) => name.startsWith("<") || !name.includes(":"))
		.join(",");
}

/** Whether an expression does not name its indices. */
export function isPattern(target: string | undefined): boolean {
	return target === undefined || target === "_all" || target.includes("*");
}

/** Types of fields that these queries look in. */
const searchable: ReadonlySet<string | undefined> = new Set([
	"knn_vector",
	"rank_features",
]);

/**
 * What is known of the indices that are searched. A pattern may fit indices that whoever searches may not see: they must
 * not be the reason to refuse what is right in others.
 */
export function certain(
	types: TypesByIndex,
	target: string | undefined,
): TypesByIndex {
	if (!isPattern(target)) return types;
	const fitting = [...types].filter(([, type]) => searchable.has(type?.type));
	return fitting.length > 0 ? new Map(fitting) : types;
}
