export { type AnswerForm, checkAnswer } from "./client-answer.ts";
export { answerInstead, declined, declines, endInstead, isUnrecorded } from "./instead.ts";
export { capabilitiesOf } from "./judge-question.ts";
export { type Allowed, type Denied, judgeQuestions } from "./judge-questions.ts";
export { isMembers } from "./malformed.ts";
export { answerText, type RecordedQuestion } from "./question-record.ts";
export { answersIn, recordAnswers } from "./record-answers.ts";
