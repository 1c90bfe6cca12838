import { InvalidDefinition } from "../../../ingest/invalid-definition.ts";
import { isObject, type JsonObject } from "../../../ingest/json.ts";
import { DefinitionOptions } from "../../../ingest/processors/definition-options.ts";
import { inHashOrder } from "./hash-order.ts";
import type { ProcessorRules } from "./search-pipeline.ts";

/** What OpenSearch reads of every search processor by itself. */
const commonOptions = ["tag", "description", "ignore_failure"];

/** A search processor's options, which are read and checked with OpenSearch's own words. */
export class ProcessorDefinition {
	readonly options: DefinitionOptions;
	readonly rules: ProcessorRules;
	readonly #type: string;
	readonly #values: JsonObject;

	/** @throws InvalidDefinition where they are no object, or one that every processor may have is not valid */
	constructor(type: string, values: unknown) {
		this.options = new DefinitionOptions(type, values);
		this.#type = type;
		this.#values = isObject(values) ? values : {};
		this.rules = {
			tag: this.options.optionalString("tag"),
			ignoreFailure: this.options.boolean("ignore_failure", false),
		};
	}

	/** Whether something is said under a name; to OpenSearch null is nothing. */
	says(name: string): boolean {
		return Object.hasOwn(this.#values, name) && this.#values[name] !== null;
	}

	/** Refuses whatever is neither in `known` nor common to all. */
	refuseOthers(known: readonly string[]): void {
		const others = inHashOrder(Object.keys(this.#values)).filter(
			(name) => !known.includes(name) && !commonOptions.includes(name),
		);
		if (others.length === 0) return;
		const { tag } = this.rules;
		const name = tag === undefined ? this.#type : `${this.#type}:${tag}`;
		throw new InvalidDefinition(
			"parse_exception",
			`processor [${name}] doesn't support one or more provided configuration parameters: [${others.join(", ")}]`,
		);
	}
}
