/** English words that say nothing of a subject: function words, and what people say in any conversation. */
const english = `a about above actually after again ago all almost already also always am an and another any anyone anything
are aren around as ask at away back be because been before being below better between both but by bye call came can cannot
could couldn d day days did didn do does doesn doing don done down during each either else enough etc even ever every everyone
everything few find first for found from further gave get gets getting give gives giving go goes going gone gonna good goodbye
got great had hadn has hasn have haven having he hear hello help her here hers herself hey hi him himself his hmm how however i
if in into is isn it its itself just keep kind knew know known last later least let lets like little ll long look looking
looks lot lots m made maybe make makes making many may me mean means might mine more most mr mrs ms much must my myself need
needs neither never new next nice no none nor not nothing now o of off often oh ok okay on once one ones only onto or other
others our ours ourselves out over own people perhaps please pretty probably put quite rather re really right s said same saw
say saying says see seem seems seen several shall she should shouldn since so some someone something sometimes soon sorry still
such sure t take takes taken taking talk tell than thank thanks that thats the their theirs them themselves then there these
they thing things think this those thought three through till time times to together told too took toward try trying two uh um
under until up upon us use used using ve very wait want wanted wants was wasn way we well went were weren what whatever when
where whether which while who whole whom whose why will with within without won would wouldn yeah year years yep yes yet you
your yours yourself yourselves bit certainly course fine guess idea mind sir sounds usually come comes coming
believe afraid best big bad old though wow hope heard different bring important easy interesting welcome remember feel wrong start
left show excuse moment better two three four five six`

/** Korean nouns of two syllables and more that stand in any text. */
const korean = `이것 그것 저것 여기 거기 저기 이거 그거 저거 무엇 누구 어디 언제 우리 자신 자기 때문 정도 경우 이번 다음 지금 오늘 하나
모두 모든 부분 이상 이하 이후 이전 사이 동안 가지 그냥 진짜 정말 너무 완전 그때 이때 아주 조금 다시 역시 대해 통해 관련 사실 생각 사람
얘기 이야기 필요 사용 가능 시간 당신 그녀 저희 여러분`

/** In lower case and normal form C. */
export const stopWords: ReadonlySet<string> = new Set([...english.split(/\s+/), ...korean.split(/\s+/)])
