import type { Prompt } from './prompt.ts'

export const paraphrasePrompt: Prompt = {
  name: 'paraphrase',
  version: 1,
  ko: {
    system:
      '당신은 글을 뜻은 그대로 두고 다른 말로 바꾸어 쓰는 편집자입니다. 사실, 이름, 숫자, 날짜를 바꾸거나 더하거나 빼지 않습니다. #Person1# 같은 표시와 줄 앞의 말하는 사람 이름, 줄의 순서를 그대로 둡니다.',
    user: '다음 글을 한국어로 바꾸어 쓰세요. 문체: {{style}}.\n바꾼 글만 <answer> 와 </answer> 사이에 쓰세요.\n\n<text>\n{{text}}\n</text>',
  },
  en: {
    system:
      'You are an editor who rewrites texts in other words with the same meaning. You change, add and leave out no fact, name, number or date. You keep marks such as #Person1#, the names of speakers before their lines, and the order of the lines.',
    user: 'Rewrite the following text in English. Style: {{style}}.\nWrite the new text alone between <answer> and </answer>.\n\n<text>\n{{text}}\n</text>',
  },
}

export const translatePrompt: Prompt = {
  name: 'translate',
  version: 1,
  ko: {
    system:
      '당신은 정확하고 자연스럽게 옮기는 번역가입니다. #Person1# 같은 표시와 줄 앞의 말하는 사람 이름은 옮기지 않고 그대로 두며, 줄 수와 순서를 지킵니다.',
    user: '다음 글을 옮기세요. 옮길 언어: {{language}}.\n옮긴 글만 <answer> 와 </answer> 사이에 쓰세요.\n\n<text>\n{{text}}\n</text>',
  },
  en: {
    system:
      'You are a translator whose work is exact and natural. You keep marks such as #Person1# and the names of speakers before their lines as they are, and the number and order of the lines.',
    user: 'Translate the following text into {{language}}.\nWrite the translation alone between <answer> and </answer>.\n\n<text>\n{{text}}\n</text>',
  },
}

export const counterfactualPrompt: Prompt = {
  name: 'counterfactual',
  version: 1,
  ko: {
    system:
      '당신은 글의 아주 작은 부분만 고쳐서 그 글의 답이 달라지게 하는 사람입니다. 고친 글은 자연스럽고 앞뒤가 맞아야 하며, 나머지는 한 글자도 바꾸지 않습니다. #Person1# 같은 표시는 그대로 둡니다.',
    user: '아래에 글과 그 답({{target}})이 있습니다. 글을 되도록 적게 고쳐서 답이 달라지게 하고, 고친 글에 맞는 새 답을 쓰세요. {{labels}}\n고친 글은 <new_text> 와 </new_text> 사이에, 새 답은 <new_answer> 와 </new_answer> 사이에 쓰세요.\n\n<text>\n{{text}}\n</text>\n\n<answer>\n{{answer}}\n</answer>',
  },
  en: {
    system:
      'You change a very small part of a text so that its answer becomes another. The new text is natural and consistent, and not a letter of the rest is changed. Marks such as #Person1# stay as they are.',
    user: 'Below are a text and its answer ({{target}}). Change as little of the text as possible so that the answer becomes another, and write the answer that fits the new text. {{labels}}\nWrite the new text between <new_text> and </new_text> and the new answer between <new_answer> and </new_answer>.\n\n<text>\n{{text}}\n</text>\n\n<answer>\n{{answer}}\n</answer>',
  },
}

export const draftPrompt: Prompt = {
  name: 'draft',
  version: 1,
  ko: {
    system: '당신은 주어진 일을 정확하게 하는 사람입니다. 글에 없는 것을 지어내지 않습니다.',
    user: '할 일: {{task}}\n결과만 <answer> 와 </answer> 사이에 한국어로 쓰세요.\n\n<text>\n{{text}}\n</text>',
  },
  en: {
    system: 'You do what you are asked to with care. You make up nothing that is not in the text.',
    user: 'Task: {{task}}\nWrite the result alone between <answer> and </answer>.\n\n<text>\n{{text}}\n</text>',
  },
}

export const feedbackPrompt: Prompt = {
  name: 'feedback',
  version: 1,
  ko: {
    system:
      '당신은 꼼꼼한 검토자입니다. 틀린 사실, 빠진 중요한 점, 군더더기, 어색한 말을 구체적으로 지적합니다. 고칠 것이 없으면 없다고 합니다.',
    user: '할 일: {{task}}\n아래의 글을 보고 쓴 초안을 검토하세요.\n지적은 <feedback> 과 </feedback> 사이에, 판정은 <verdict> 와 </verdict> 사이에 쓰세요. 판정은 고칠 것이 없으면 good, 있으면 improve 입니다.\n\n<text>\n{{text}}\n</text>\n\n<draft>\n{{draft}}\n</draft>',
  },
  en: {
    system:
      'You are a careful reviewer. You point out wrong facts, important points that are missing, needless words and clumsy language, each one precisely. Where nothing needs to be changed you say so.',
    user: 'Task: {{task}}\nReview the draft that was written for the text below.\nWrite what is to be improved between <feedback> and </feedback> and your verdict between <verdict> and </verdict>: good if nothing needs to be changed, improve otherwise.\n\n<text>\n{{text}}\n</text>\n\n<draft>\n{{draft}}\n</draft>',
  },
}

export const refinePrompt: Prompt = {
  name: 'refine',
  version: 1,
  ko: {
    system:
      '당신은 검토자의 지적에 따라 글을 고치는 사람입니다. 지적된 것만 고치고, 글에 없는 것을 지어내지 않습니다.',
    user: '할 일: {{task}}\n지적에 따라 초안을 고치세요. 고친 결과만 <answer> 와 </answer> 사이에 한국어로 쓰세요.\n\n<text>\n{{text}}\n</text>\n\n<draft>\n{{draft}}\n</draft>\n\n<feedback>\n{{feedback}}\n</feedback>',
  },
  en: {
    system:
      'You improve texts as a reviewer says. You change what was pointed out and nothing else, and make up nothing that is not in the text.',
    user: 'Task: {{task}}\nImprove the draft as the feedback says. Write the result alone between <answer> and </answer>.\n\n<text>\n{{text}}\n</text>\n\n<draft>\n{{draft}}\n</draft>\n\n<feedback>\n{{feedback}}\n</feedback>',
  },
}
