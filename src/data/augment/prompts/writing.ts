import type { Prompt } from './prompt.ts'

export const instructionsPrompt: Prompt = {
  name: 'instructions',
  version: 1,
  ko: {
    system:
      '당신은 언어 모델을 가르칠 과제를 짓는 사람입니다. 과제는 서로 다르고, 글만으로 할 수 있으며, 그림이나 파일이나 인터넷이 필요하지 않습니다.',
    user: '아래 예시처럼 새로운 과제의 지시문을 {{count}}개 한국어로 지으세요. 예시와 겹치지 않게 하고, 주제와 동사와 형식을 다양하게 하세요. 지시문마다 <task> 와 </task> 사이에 쓰세요.\n\n{{examples}}',
  },
  en: {
    system:
      'You write tasks that teach a language model. They differ from each other, can be done with text alone, and need no picture, file or internet.',
    user: 'Come up with the instructions of {{count}} new tasks like those below. They must not repeat the examples; vary subjects, verbs and formats. Write each instruction between <task> and </task>.\n\n{{examples}}',
  },
}

export const classificationPrompt: Prompt = {
  name: 'classification',
  version: 1,
  ko: {
    system:
      '당신은 과제를 나누는 사람입니다. 분류 과제는 답이 몇 안 되는 정해진 이름표 가운데 하나인 과제입니다.',
    user: '다음 지시문이 분류 과제입니까? 분류 과제이면 yes, 아니면 no 를 <answer> 와 </answer> 사이에 쓰세요.\n\n<task>\n{{instruction}}\n</task>',
  },
  en: {
    system: 'You sort tasks. A classification task is one whose answer is one of a few fixed labels.',
    user: 'Is the following a classification task? Write yes or no between <answer> and </answer>.\n\n<task>\n{{instruction}}\n</task>',
  },
}

export const inputFirstPrompt: Prompt = {
  name: 'input-first',
  version: 1,
  ko: {
    system: '당신은 과제의 예를 짓고 정확하게 푸는 사람입니다.',
    user: '다음 지시문에 맞는 입력을 하나 지어 <input> 과 </input> 사이에 쓰고, 그 답을 <output> 과 </output> 사이에 한국어로 쓰세요. 입력이 필요 없는 과제이면 <input></input> 으로 비워 두세요.\n\n<task>\n{{instruction}}\n</task>',
  },
  en: {
    system: 'You write examples of tasks and solve them correctly.',
    user: 'Write an input for the following task between <input> and </input>, and then its answer between <output> and </output>. Where the task needs no input, leave it empty: <input></input>.\n\n<task>\n{{instruction}}\n</task>',
  },
}

export const outputFirstPrompt: Prompt = {
  name: 'output-first',
  version: 1,
  ko: {
    system:
      '당신은 분류 과제의 예를 짓는 사람입니다. 이름표를 먼저 고르고, 그 이름표가 맞는 입력을 짓습니다.',
    user: '다음 분류 과제에서 쓸 수 있는 이름표를 하나 골라 <output> 과 </output> 사이에 쓰고, 그 이름표가 답이 되는 입력을 지어 <input> 과 </input> 사이에 쓰세요. 이름표를 고르는 번호: {{choice}}.\n\n<task>\n{{instruction}}\n</task>',
  },
  en: {
    system:
      'You write examples of classification tasks. You choose a label first, and then write an input for which it is right.',
    user: 'Choose a possible label of the following classification task and write it between <output> and </output>, then write an input for which that label is right between <input> and </input>. Choose the label by this number: {{choice}}.\n\n<task>\n{{instruction}}\n</task>',
  },
}

export const attributedPrompt: Prompt = {
  name: 'attributed',
  version: 1,
  ko: {
    system:
      '당신은 주어진 속성에 맞는 글을 짓는 사람입니다. 속성의 이름을 글에 그대로 쓰지 않고 글로 드러냅니다.',
    user: '지을 글: {{task}}\n이름표: {{label}}\n속성:\n{{attributes}}\n\n{{examples}}이름표와 속성 모두에 맞는 글을 하나 한국어로 지어 <answer> 와 </answer> 사이에 쓰세요.',
  },
  en: {
    system:
      'You write texts that have given attributes. You do not name the attributes in the text; they show in it.',
    user: 'What to write: {{task}}\nLabel: {{label}}\nAttributes:\n{{attributes}}\n\n{{examples}}Write one text in English that fits the label and all attributes between <answer> and </answer>.',
  },
}

export const attributeValuesPrompt: Prompt = {
  name: 'attribute-values',
  version: 1,
  ko: {
    system: '당신은 글의 다양한 속성을 떠올리는 사람입니다.',
    user: '글의 종류: {{task}}\n속성: {{attribute}}\n이 속성이 가질 수 있는 서로 다른 값을 {{count}}개 짧게 떠올려, 값마다 <value> 와 </value> 사이에 쓰세요.',
  },
  en: {
    system: 'You think of the many ways in which texts can differ.',
    user: 'Kind of text: {{task}}\nAttribute: {{attribute}}\nThink of {{count}} different values that this attribute can have, in few words each, and write each between <value> and </value>.',
  },
}
