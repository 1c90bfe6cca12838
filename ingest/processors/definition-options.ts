import { InvalidDefinition } from "../invalid-definition.ts";
import { isObject, type JsonObject } from "../json.ts";

/** Options that OpenSearch gives to every processor; on the guard it checks three of them itself. */
const commonOptions = [
	"description",
	"tag",
	"if",
	"ignore_failure",
	"on_failure",
];

/** A processor's options, read and checked with OpenSearch's own words. */
export class DefinitionOptions {
	readonly #type: string;
	readonly #values: JsonObject;
	readonly #read = new Set(commonOptions);

	/** @throws InvalidDefinition where they are no object */
	constructor(type: string, values: unknown) {
		if (values === null)
			throw invalid(`the config of processor [${type}] cannot be null`);
		if (!isObject(values))
			throw invalid(`property isn't a map, but of type [${javaClass(values)}]`);
		this.#type = type;
		this.#values = values;
		this.optionalString("description");
		this.#checkCondition();
	}

	has(name: string): boolean {
		return Object.hasOwn(this.#values, name);
	}

	string(name: string): string {
		return this.#required(name, this.optionalString(name));
	}

	optionalString(name: string): string | undefined {
		const value = this.#value(name);
		if (value === undefined || typeof value === "string") return value;
		throw mismatch(name, "a string", value);
	}

	boolean(name: string, otherwise: boolean): boolean {
		const value = this.#value(name) ?? otherwise;
		if (typeof value === "boolean") return value;
		throw mismatch(name, "a boolean", value);
	}

	/** A number, or its text. */
	integer(name: string, otherwise: number): number {
		const value = this.#value(name) ?? otherwise;
		const number = javaInteger(value);
		if (number !== undefined) return number;
		throw invalid(
			`[${name}] property cannot be converted to an int [${javaText(value)}]`,
		);
	}

	/** A number, or its text. */
	double(name: string): number {
		const value = this.#required(name, this.#value(name));
		const number = javaDouble(value);
		if (number !== undefined) return number;
		throw invalid(
			`[${name}] property cannot be converted to a double [${javaText(value)}]`,
		);
	}

	map(name: string): JsonObject {
		return this.#required(name, this.optionalMap(name));
	}

	optionalMap(name: string): JsonObject | undefined {
		const value = this.#value(name);
		if (value === undefined || isObject(value)) return value;
		throw mismatch(name, "a map", value);
	}

	optionalList(name: string): readonly unknown[] | undefined {
		const value = this.#value(name);
		if (value === undefined) return undefined;
		if (Array.isArray(value)) return value;
		throw mismatch(name, "a list", value);
	}

	/** Refuses whatever has not been asked for. */
	refuseOthers(): void {
		const others = Object.keys(this.#values).filter(
			(name) => !this.#read.has(name),
		);
		if (others.length > 0)
			throw invalid(
				`processor [${this.#type}] doesn't support one or more provided configuration parameters [${others.join(", ")}]`,
			);
	}

	#checkCondition(): void {
		const value = this.#value("if");
		if (value === undefined || typeof value === "string" || isObject(value))
			return;
		throw mismatch("script", "a map or string", value);
	}

	/** To OpenSearch null is nothing. */
	#value(name: string): unknown {
		this.#read.add(name);
		return this.has(name) ? (this.#values[name] ?? undefined) : undefined;
	}

	#required<T>(name: string, value: T | undefined): T {
		if (value !== undefined) return value;
		throw invalid(`[${name}] required property is missing`);
	}
}

/** The value that Java's `Integer.parseInt` makes of a value's text; undefined where it makes none. */
export function javaInteger(value: unknown): number | undefined {
	const text = javaText(value);
	const number = /^[+-]?[0-9]+$/.test(text) ? Number(text) : Number.NaN;
	return Math.abs(number + 0.5) <= 2 ** 31 ? number : undefined;
}

/** The value that Java's `Double.parseDouble` makes of a value's text; undefined where it makes none. */
export function javaDouble(value: unknown): number | undefined {
	const text = javaText(value).trim();
	return /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(text)
		? Number(text)
		: undefined;
}

/** A JSON value as Java writes it. */
function javaText(value: unknown): string {
	if (Array.isArray(value)) return `[${value.map(javaText).join(", ")}]`;
	if (!isObject(value)) return String(value);
	const entries = Object.entries(value);
	return `{${entries.map(([name, one]) => `${name}=${javaText(one)}`).join(", ")}}`;
}

/** The class of a JSON value in OpenSearch's memory, which its messages name. */
export function javaClass(value: unknown): string {
	switch (typeof value) {
		case "string":
			return "java.lang.String";
		case "boolean":
			return "java.lang.Boolean";
		case "number":
			if (!Number.isInteger(value)) return "java.lang.Double";
			return javaInteger(value) === undefined
				? "java.lang.Long"
				: "java.lang.Integer";
		default:
			return Array.isArray(value) ? "java.util.ArrayList" : "java.util.HashMap";
	}
}

function mismatch(
	name: string,
	wanted: string,
	value: unknown,
): InvalidDefinition {
	return invalid(
		`[${name}] property isn't ${wanted}, but of type [${javaClass(value)}]`,
	);
}

function invalid(reason: string): InvalidDefinition {
	return new InvalidDefinition("parse_exception", reason);
}
