import {
	type DeploymentSettingName,
	type DeploymentSettings,
	type DeployParameters,
	type DeployRequest,
	deploymentLimits,
} from "../../schemas/deploy.ts";
import { SidecarError } from "../errors.ts";
import { parseBytes } from "./byte-size.ts";

const names: readonly DeploymentSettingName[] = [
	"number_of_allocations",
	"threads_per_allocation",
	"queue_capacity",
	"cache_size",
];

/** Characters of a value that a message repeats. */
const longestShown = 100;

/**
 * How a model is to be run, out of a request to deploy it. A parameter of the URL stands before the body's field. A
 * number may be written as text; `cache_size` also with a unit (`64mb`).
 *
 * @throws SidecarError bad_request with field, value and limits
 */
export function readDeploymentSettings(
	body: DeployRequest | undefined,
	parameters: DeployParameters,
): DeploymentSettings {
	const settings: DeploymentSettings = {};
	for (const name of names) {
		const value: unknown = parameters[name] ?? body?.[name];
		if (value !== undefined) settings[name] = read(name, value);
	}
	return settings;
}

function read(name: DeploymentSettingName, value: unknown): number {
	const { minimum, maximum } = deploymentLimits[name];
	const number = numberOf(name, value);
	if (Number.isInteger(number) && number >= minimum && number <= maximum)
		return number;
	const form = name === "cache_size" ? "a size in bytes" : "a whole number";
	throw new SidecarError(
		"bad_request",
		`[${name}] is [${shown(value)}], it must be ${form} from ${minimum} to ${maximum}`,
	);
}

/** NaN for what is none. */
function numberOf(name: DeploymentSettingName, value: unknown): number {
	if (typeof value === "number") return value;
	if (typeof value !== "string") return Number.NaN;
	if (/^\d{1,16}$/.test(value)) return Number(value);
	return name === "cache_size" && value.length <= longestShown
		? parseBytes(name, value)
		: Number.NaN;
}

/** A value in a message: whatever a client sends, the answer stays short. */
function shown(value: unknown): string {
	const text = typeof value === "string" ? value : JSON.stringify(value);
	return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}
