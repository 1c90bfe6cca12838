import type { Topic } from "./call.ts";
import { deploymentTopic } from "./scenarios/deployment.ts";
import { limitsTopic } from "./scenarios/limits.ts";
import { modelGroupsTopic } from "./scenarios/model-groups.ts";
import { modelsTopic } from "./scenarios/models.ts";
import { predictionTopic } from "./scenarios/prediction.ts";
import { profileTopic } from "./scenarios/profile.ts";
import { registerUrlTopic } from "./scenarios/register-url.ts";
import { registrationTopic } from "./scenarios/registration.ts";
import { searchesTopic } from "./scenarios/searches.ts";
import { settingsTopic } from "./scenarios/settings.ts";
import { statsTopic } from "./scenarios/stats.ts";
import { surfaceTopic } from "./scenarios/surface.ts";
import { tasksTopic } from "./scenarios/tasks.ts";

/** All topics in the order in which they are recorded: counters of the node's life come first. */
export const topics: readonly Topic[] = [
	statsTopic,
	profileTopic,
	registrationTopic,
	registerUrlTopic,
	deploymentTopic,
	modelsTopic,
	searchesTopic,
	tasksTopic,
	modelGroupsTopic,
	predictionTopic,
	limitsTopic,
	settingsTopic,
	surfaceTopic,
];
