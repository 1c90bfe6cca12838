import {
	readRecords,
	type SemanticField,
	semanticField,
} from "../../../ingest/semantic/semantic-field.ts";
import { SidecarError } from "../../errors.ts";
import type { SemanticMappingStore } from "../../store/semantic-mappings.ts";
import { ExpiringCache } from "../expiring-cache.ts";
import type { SemanticPipelines } from "../semantic/semantic-pipelines.ts";

/** Expressions for indices that are remembered at most. */
const maxTargets = 1_000;

export interface SemanticFieldsOptions {
	mappings: SemanticMappingStore;
	/** Has a pipeline for every index with `semantic` fields. */
	pipelines: SemanticPipelines;
	/** How long what the cluster said is good for. */
	cacheMs: number;
	now: () => number;
}

/** The `semantic` fields of each index that has some, by their full names. */
type Fields = ReadonlyMap<string, ReadonlyMap<string, SemanticField>>;

/** The `semantic` fields of the indices that searches name. */
export class SemanticFields {
	readonly #options: SemanticFieldsOptions;
	readonly #targets: ExpiringCache<Fields>;

	constructor(options: SemanticFieldsOptions) {
		const { cacheMs: ttlMs, now } = options;
		this.#options = options;
		this.#targets = new ExpiringCache({ ttlMs, maxEntries: maxTargets, now });
	}

	/**
	 * What stands behind a `semantic` field: where its vectors are, and by which model they are looked for. Undefined for
	 * any other field.
	 *
	 * @param target the indices that a search names; undefined for all of them
	 * @throws SidecarError bad_request where the indices keep the field in ways that no query fits all of
	 */
	async lookup(
		target: string | undefined,
		field: string,
	): Promise<SemanticField | undefined> {
		if (!(await this.#options.pipelines.any())) return undefined;
		const indices = await this.#indices(target);
		const found = [...indices].flatMap(([index, fields]) => {
			const one = fields.get(field);
			return one ? [{ index, one }] : [];
		});
		const [first, ...others] = found;
		if (!first) return undefined;
		const other = others.find(
			({ one }) => JSON.stringify(one) !== JSON.stringify(first.one),
		);
		if (!other) return first.one;
		if (other.one.kind !== first.one.kind) {
			const named = (kind: SemanticField["kind"]) =>
				found
					.filter(({ one }) => one.kind === kind)
					.map(({ index }) => index)
					.join(", ");
			throw new SidecarError(
				"bad_request",
				`Invalid neural query against the field ${field}. Errors: The target semantic field should be either use a dense model or a sparse model in all the target indices. It is a dense model in the indices: [${named("dense")}] while a sparse model in the indices: [${named("sparse")}]`,
			);
		}
		throw new SidecarError(
			"bad_request",
			`Invalid neural query against the field ${field}. The indices [${first.index}] and [${other.index}] keep it in different ways, or look for it by different models: search them one by one`,
		);
	}

	/** Forgets what the cluster said. */
	forget(): void {
		this.#targets.clear();
	}

	#indices(target: string | undefined): Promise<Fields> {
		const { mappings } = this.#options;
		return this.#targets.get(target ?? "", async () => {
			const metas = await mappings.metas(target);
			return new Map(
				[...metas].map(([index, meta]) => [index, fieldsOf(meta)]),
			);
		});
	}
}

function fieldsOf(meta: unknown): Map<string, SemanticField> {
	return new Map(
		[...readRecords(meta)].map(([path, record]) => [
			path,
			semanticField(path, record),
		]),
	);
}
